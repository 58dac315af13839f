#!/usr/bin/env python3
"""Holds the source tree against the layers that docs/architecture.md states.

Reads the block between "layers:" markers there, expands it transitively, and scans every #include of src/. Prints each
include that crosses a layer, and ends with 1 if there is any.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)
NO_ASIO = ("domain", "ports", "usecases")
DRIVERS = re.compile(r"^(sqlite3|xapian|libpq-fe|hiredis|nats|openssl|boost/beast|boost/asio)")


def stated_layers():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- layers -->\s*```\n(.*?)```", text, re.DOTALL)
    if not block:
        sys.exit("docs/architecture.md has no layers block")
    direct = {}
    for line in block.group(1).strip().splitlines():
        layer, _, targets = line.partition("->")
        direct[layer.strip()] = [t.strip() for t in targets.split(",") if t.strip()]
    return direct


def expand(direct):
    every = set(direct) | {t for ts in direct.values() for t in ts}
    seen = {}
    for layer in every:
        reach, todo = {layer}, [layer]
        while todo:
            for target in direct.get(todo.pop(), []):
                if target == "everything":
                    reach |= every
                elif target not in reach:
                    reach.add(target)
                    todo.append(target)
        seen[layer] = reach
    return seen


def layer_of(path):
    return path.split("/")[0]


def main():
    allowed = expand(stated_layers())
    faults = []
    for source in sorted((ROOT / "src").rglob("*.[ch]pp")):
        name = source.relative_to(ROOT / "src").as_posix()
        layer = layer_of(name)
        is_test = name.endswith("_test.cpp") or "_test_" in name
        for target in INCLUDE.findall(source.read_text(encoding="utf-8")):
            if layer in NO_ASIO and DRIVERS.match(target):
                faults.append(f"{name} includes {target}: no driver or Asio in {layer}")
            if not (ROOT / "src" / target).exists():
                continue
            other = layer_of(target)
            if other not in allowed.get(layer, {layer}) and not is_test:
                faults.append(f"{name} includes {target}: {layer} may not see {other}")
            if "adapters/embedded" in name and "adapters/distributed" in target or (
                "adapters/distributed" in name and "adapters/embedded" in target):
                faults.append(f"{name} includes {target}: the adapter families never meet")
            if layer != "cli" and other == "adapters" and layer != "adapters" and not is_test:
                faults.append(f"{name} includes {target}: only cli/wiring names adapters")
    for fault in faults:
        print(fault)
    print(f"layers: {len(faults)} includes cross a layer")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
