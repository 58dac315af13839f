#!/usr/bin/env python3
"""Runs libFuzzer's targets and ends with a table, one line each.

    tools/fuzz.py --build build/fuzz [--minutes M] [--jobs N] [TARGET…]

Each begins with the inputs kept in tests/fuzz/corpus/TARGET and with what earlier runs found in BUILD/corpus/TARGET. An input
that breaks something is kept as tests/fuzz/corpus/TARGET/crash-…, where `./dev test fuzz` runs it from then on; add it to the
commit that mends it. Ends with 1 when one was found, or when a target ended otherwise than it should.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "fuzz" / "corpus"
BREAKERS = ("crash-*", "timeout-*", "oom-*", "leak-*", "slow-unit-*")


def breakers(name):
    return {file for pattern in BREAKERS for file in (KEPT / name).glob(pattern)}


def number(text, pattern, last=False):
    found = re.findall(pattern, text)
    return int(found[-1 if last else 0]) if found else 0


def run(build, name, seconds):
    """What one target did: a line of the table, the inputs that broke it, and what it said when it broke."""
    found = build / "corpus" / name
    found.mkdir(parents=True, exist_ok=True)
    before, inputs_before = breakers(name), len(list(found.iterdir()))
    done = subprocess.run([str(build / f"fuzz_{name}"), str(found), str(KEPT / name), f"-max_total_time={seconds}", "-max_len=8192",
                           "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={KEPT / name}/",
                           "-detect_leaks=1", "-verbosity=1"], capture_output=True, text=True, errors="replace")
    runs = number(done.stderr, r"stat::number_of_executed_units:\s+(\d+)")
    row = {"target": name, "runs": runs, "runs/s": number(done.stderr, r"stat::average_exec_per_sec:\s+(\d+)"),
           "edges": number(done.stderr, r" cov: (\d+)", last=True), "new inputs": len(list(found.iterdir())) - inputs_before,
           "result": "nothing found"}
    broken = sorted(breakers(name) - before)
    if done.returncode or broken:
        row["result"] = "broken by " + ", ".join(file.name for file in broken) if broken else f"ended with {done.returncode}"
    elif not runs:
        row["result"] = "ran nothing"
    return row, broken, "" if row["result"] == "nothing found" else done.stderr[-6000:]


def show(rows):
    columns = list(rows[0])
    width = {c: max(len(c), *(len(f"{r[c]:,}" if isinstance(r[c], int) else r[c]) for r in rows)) for c in columns}
    for row in [dict(zip(columns, columns)), *rows]:
        print("  ".join(f"{row[c]:>{width[c]},}" if isinstance(row[c], int) else
                        (f"{row[c]:<{width[c]}}" if c in ("target", "result") else f"{row[c]:>{width[c]}}") for c in columns))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True, type=pathlib.Path)
    arguments.add_argument("--minutes", type=float, default=5)
    arguments.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at one time")
    arguments.add_argument("targets", nargs="*")
    options = arguments.parse_args()
    known = sorted(path.name for path in KEPT.iterdir())
    unknown = [name for name in options.targets if name not in known]
    if unknown:
        sys.exit(f"unknown target {unknown[0]}; there are {', '.join(known)}")
    names = options.targets or known
    if subprocess.run(["ninja", "-C", str(options.build), *(f"fuzz_{name}" for name in names)], stdout=sys.stderr).returncode:
        sys.exit("the targets could not be built")
    rows, failed = [], 0
    with concurrent.futures.ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        for row, broken, said in pool.map(lambda name: run(options.build, name, int(options.minutes * 60)), names):
            rows.append(row)
            print(f"{row['target']}: {row['runs']:,} runs, {row['result']}", file=sys.stderr, flush=True)
            if said:
                failed += 1
                print(said)
                for file in broken:
                    print(f"kept: {file.relative_to(ROOT)}", flush=True)
    show(rows)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
