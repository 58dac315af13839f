#!/usr/bin/env python3
"""Runs libFuzzer's targets one after another and ends with one line each.

    tools/fuzz.py --build build/fuzz [--minutes M] [TARGET…]

Each begins with the inputs kept in tests/fuzz/corpus/TARGET and with what earlier runs found in BUILD/corpus/TARGET. An input
that breaks something is kept as tests/fuzz/corpus/TARGET/crash-…, where `./dev test fuzz` runs it from then on; add it to the
commit that mends it.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "tests" / "fuzz" / "corpus"


def run(program, name, found, seconds):
    """(inputs tried, edges covered, inputs that broke it, output)"""
    found.mkdir(parents=True, exist_ok=True)
    before = set((KEPT / name).glob("crash-*")) | set((KEPT / name).glob("timeout-*")) | set((KEPT / name).glob("oom-*"))
    done = subprocess.run([str(program), str(found), str(KEPT / name), f"-max_total_time={seconds}", "-max_len=8192", "-timeout=10",
                           "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={KEPT / name}/", "-detect_leaks=1",
                           "-verbosity=1"], capture_output=True, text=True, errors="replace")
    tried = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stderr)
    edges = re.findall(r" cov: (\d+)", done.stderr)
    after = set((KEPT / name).glob("crash-*")) | set((KEPT / name).glob("timeout-*")) | set((KEPT / name).glob("oom-*"))
    broken = sorted(after - before)
    return int(tried[1]) if tried else 0, int(edges[-1]) if edges else 0, broken, done


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--build", required=True, type=pathlib.Path)
    arguments.add_argument("--minutes", type=float, default=5)
    arguments.add_argument("targets", nargs="*")
    options = arguments.parse_args()
    known = sorted(path.name for path in KEPT.iterdir())
    unknown = [name for name in options.targets if name not in known]
    if unknown:
        sys.exit(f"unknown target {unknown[0]}; there are {', '.join(known)}")
    names = options.targets or known
    built = subprocess.run(["ninja", "-C", str(options.build), *(f"fuzz_{name}" for name in names)], capture_output=True, text=True)
    if built.returncode:
        sys.exit(built.stdout[-4000:])
    failed = 0
    for name in names:
        tried, edges, broken, done = run(options.build / f"fuzz_{name}", name, options.build / "corpus" / name, int(options.minutes * 60))
        print(f"{name:<12} {tried:>10} inputs {edges:>6} edges {'broken' if done.returncode else 'nothing found'}", flush=True)
        if done.returncode:
            failed += 1
            print(done.stderr[-4000:])
            for file in broken:
                print(f"kept: {file.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
