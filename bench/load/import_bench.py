#!/usr/bin/env python3
"""import: seconds in which `marketday import` takes the 42,844 goods of the real catalogue into a new data directory,
the program's start included. The median of several runs, each into a directory of its own.
  import_bench.py --program build/release/marketday [--catalogue FILE] [--runs 5] [--smoke] [--out FILE]
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
MUST_S, AIM_S = 10, 3


def machine():
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def one_run(program, catalogue):
    data = tempfile.mkdtemp(prefix="marketday-bench-")
    try:
        begun = time.monotonic()
        done = subprocess.run([program, "import", catalogue, "--data", data, "--no-price", "1000", "--json"],
                              capture_output=True, text=True)
        seconds = time.monotonic() - begun
        if done.returncode != 0:
            sys.exit(f"import_bench: the import failed: {done.stderr.strip()}")
        return seconds, json.loads(done.stdout)["imported"]
    finally:
        shutil.rmtree(data, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/marketday"))
    parser.add_argument("--catalogue", default=str(ROOT / "../shared/data/catalogue/catalogue.jsonl.gz"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="one run of the 200 demo goods: does it work at all?")
    parser.add_argument("--out", help="write the result here, e.g. bench/results/import.json")
    options = parser.parse_args()
    if options.smoke:
        options.catalogue, options.runs = str(ROOT / "demo/catalogue.jsonl"), 1
    runs = [one_run(options.program, options.catalogue) for _ in range(options.runs)]
    seconds = [run[0] for run in runs]
    result = {
        "name": "import", "value": round(statistics.median(seconds), 3), "unit": "s", "must": MUST_S, "aim": AIM_S,
        "spread": [round(min(seconds), 3), round(max(seconds), 3)], "products": runs[0][1], "runs": len(runs),
        "machine": machine(), "commit": commit(),
    }
    print(json.dumps(result))
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
