#!/usr/bin/env python3
"""Writes the console's types from the operators' API, as a running server describes it: web/console/api-types.ts.

    tools/api_types.py [--program build/release/marketday] [--check]

Starts a shop of its own in a temporary directory, on free ports. Needs web/node_modules (`./dev web`). --check changes
nothing and exits with 1 when the file is not what the server says.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

from api_table import Shop

WEB = pathlib.Path(__file__).resolve().parent.parent / "web"
TYPES = WEB / "console" / "api-types.ts"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", default="build/release/marketday")
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="marketday-types-") as directory, Shop(options.program, directory) as shop:
        with urllib.request.urlopen(shop.admin_url + "/openapi.json", timeout=10) as response:
            description = response.read()
    made = subprocess.run(["node", "types.mjs"], cwd=WEB, input=description, stdout=subprocess.PIPE, check=True)
    types = made.stdout.decode()
    if TYPES.exists() and TYPES.read_text(encoding="utf-8") == types:
        return 0
    if options.check:
        print(f"{TYPES.relative_to(WEB.parent)} is not what the server describes; run tools/api_types.py", file=sys.stderr)
        return 1
    TYPES.write_text(types, encoding="utf-8")
    print(f"wrote {TYPES.relative_to(WEB.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
