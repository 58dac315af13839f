#!/usr/bin/env python3
"""Runs drills at full size and writes what they measured into docs/proof.md.

    tools/drill.py --program build/release/marketday [NAME…] [--seed N] [--quiet-machine]

Each drill's result is kept as docs/proof/NAME.json, with machine, commit, command and date; the table between the two marks
in docs/proof.md is made anew from all of them. Plots go into docs/proof/ too. Ends with 1 when a drill did not pass.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROOF = ROOT / "docs" / "proof.md"
RESULTS = ROOT / "docs" / "proof"
BEGIN, END = "<!-- drills: begin -->", "<!-- drills: end -->"
NAMES = ["kill", "power", "disk", "freeze", "descriptors", "memory", "clock", "leaks", "overload", "slowloris", "soak"]
PLOTTED = ["overload", "soak"]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} processors, {memory_gib:.0f} GiB, Linux {platform.release()}"


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def run(program, name, arguments):
    command = ["drill", name, *arguments]
    if name in PLOTTED:
        command += ["--report", str(RESULTS)]
    done = subprocess.run([program, *command, "--json"], stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        sys.exit(f"drill {name} could not be carried out (exit code {done.returncode})")
    result = json.loads(done.stdout)
    shown = " ".join(["marketday", "drill", name, *arguments])
    load = os.getloadavg()[0]
    return result | {"command": shown, "commit": commit(), "machine": machine(), "load_average": round(load, 1),
                     "date": datetime.date.today().isoformat()}


def table():
    lines = ["| drill | result | measured | command, commit, date |", "|---|---|---|---|"]
    machines = set()
    for name in NAMES:
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        result = json.loads(path.read_text())
        machines.add(result["machine"])
        measured = "<br>".join(f"{key}: {value}" for key, value in result["figures"].items())
        verdict = "passed" if result["passed"] else "**not passed**: " + "; ".join(result["failures"][:3])
        plot = f" ([plot](proof/{name}.svg))" if (RESULTS / f"{name}.svg").exists() else ""
        lines.append(f"| `{name}`{plot} | {verdict} | {measured} | `{result['command']}`, {result['commit']}, {result['date']}, "
                     f"load average {result['load_average']}{result.get('note', '')} |")
    return "\n".join([f"Machine: {'; '.join(sorted(machines))}. A load average far above 1 means that others used the machine at "
                      "the same time: then times and rates are worse than the machine's own.", "", *lines])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("names", nargs="*")
    options, others = arguments.parse_known_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        sys.exit(f"unknown drill {unknown[0]}; there are {', '.join(NAMES)}")
    RESULTS.mkdir(exist_ok=True)
    failed = []
    for name in options.names or NAMES:
        result = run(options.program, name, others)
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        for key, value in result["figures"].items():
            print(f"{name:<12} {key:<32} {value}")
        print(f"{name:<12} {'passed' if result['passed'] else 'FAILED: ' + '; '.join(result['failures'][:5])}", flush=True)
        if not result["passed"]:
            failed.append(name)
        text = PROOF.read_text()
        head, rest = text.split(BEGIN, 1)
        PROOF.write_text(head + BEGIN + "\n" + table() + "\n" + END + rest.split(END, 1)[1])
    if failed:
        sys.exit(f"not passed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
