#!/usr/bin/env python3
"""cache_policies: hit ratio by policy, in percent, on the goods of a real shop's orders and on a Zipf 0.9 draw, with
`marketday cache replay`. The value is that of SIEVE, the shop's own choice, on the orders with room for a tenth of them.
  cache_policies.py --program build/release/marketday [--orders FILE] [--smoke] [--out FILE]
"""
import argparse
import itertools
import json
import os
import pathlib
import platform
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENTRY_BYTES = 4096
SHARES = [0.01, 0.05, 0.1, 0.25]
POLICIES = ["lru", "lfu", "fifo", "sieve"]
CHOSEN, CHOSEN_SHARE = "sieve", 0.1


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}"


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def replay(program, keys, arguments, trace_text=None):
    """Hit ratios in percent, {share: {policy: percent}}, and what the trace holds."""
    capacities = [str(max(ENTRY_BYTES, round(share * keys) * ENTRY_BYTES)) for share in SHARES]
    command = [program, "cache", "replay", *arguments, "--entry-bytes", str(ENTRY_BYTES), "--json"]
    for capacity in capacities:
        command += ["--capacity", capacity]
    done = subprocess.run(command, input=trace_text, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"cache_policies: {done.stderr.strip()}")
    answer = json.loads(done.stdout)
    rows = {f"{share:g}": {policy: round(100 * row[policy], 2) for policy in POLICIES}
            for share, row in zip(SHARES, answer["rows"])}
    return {"requests": answer["requests"], "keys": answer["keys"], "hit_percent_max": round(100 * answer["hit_ratio_max"], 2),
            "hit_percent_by_share": rows}


def count_keys(program, orders):
    done = subprocess.run([program, "cache", "replay", "--orders", orders, "--json", "--capacity", "1"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"cache_policies: {done.stderr.strip()}")
    return json.loads(done.stdout)["keys"]


def zipf_trace(requests, keys, exponent, seed):
    weights = list(itertools.accumulate(1 / rank ** exponent for rank in range(1, keys + 1)))
    draw = random.Random(seed)
    names = list(range(keys))
    draw.shuffle(names)
    return "".join(f"{name}\n" for name in draw.choices(names, cum_weights=weights, k=requests))


def print_table(title, found):
    print(f"{title}: {found['requests']:,} requests, {found['keys']:,} keys, at best {found['hit_percent_max']} %", file=sys.stderr)
    for share, row in found["hit_percent_by_share"].items():
        ratios = "  ".join(f"{policy} {row[policy]:6.2f} %" for policy in POLICIES)
        print(f"  room for {100 * float(share):4.0f} %  {ratios}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build/release/marketday"))
    parser.add_argument("--orders", default=str(ROOT / "../shared/data/orders/orders.csv.gz"))
    parser.add_argument("--smoke", action="store_true", help="short traces, without the orders file: does it work at all?")
    parser.add_argument("--out", help="write the result here, e.g. bench/results/cache_policies.json")
    options = parser.parse_args()
    requests, keys = (20_000, 1_000) if options.smoke else (1_000_000, 42_844)
    zipf = [replay(options.program, keys, ["-"], zipf_trace(requests, keys, 0.9, seed)) for seed in (1, 2, 3)]
    detail = {"entry_bytes": ENTRY_BYTES, "zipf_0.9": zipf[0]}
    print_table("Zipf 0.9", zipf[0])
    chosen = f"{CHOSEN_SHARE:g}"
    of_zipf = [run["hit_percent_by_share"][chosen][CHOSEN] for run in zipf]
    value, spread = of_zipf[0], [min(of_zipf), max(of_zipf)]
    if not options.smoke:
        orders = replay(options.program, count_keys(options.program, options.orders), ["--orders", options.orders])
        detail["orders"] = orders
        detail["spread_of_zipf_seeds"] = spread
        print_table("orders", orders)
        value = orders["hit_percent_by_share"][chosen][CHOSEN]
        spread = [value, value]  # The same trace replays to the same figure.
    result = {"name": "cache_policies", "value": value, "unit": "% hits", "must": None, "aim": None, "spread": spread,
              "machine": machine(), "commit": commit(), "detail": detail}
    print(json.dumps(result))
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
