#!/usr/bin/env python3
"""Writes the settings, as the program prints them, into docs/operations.md between <!-- config --> and <!-- /config -->.

    tools/config_table.py [--program build/release/marketday] [--check]

--check changes nothing and exits with 1 when the table is not the program's.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys

import doc_block

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "operations.md"
LINE = re.compile(r"^(?P<name>[a-z_.0-9]+): +(?P<value>\S+) +# (?P<meaning>.*) \(default\)$")


def settings_of(program):
    """(name, initial value, meaning) of each setting, in the program's order."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARKETDAY_")}
    printed = subprocess.run([program, "serve", "--print-config"], env=environment, capture_output=True, text=True, check=True)
    for line in printed.stdout.splitlines():
        match = LINE.match(line)
        if not match:
            sys.exit(f"not understood: {line}")
        yield match["name"], "" if match["value"] == '""' else match["value"], match["meaning"]


def table_of(settings):
    rows = ["| setting | initially | meaning | environment |", "|---|---|---|---|"]
    for name, value, meaning in settings:
        shown = f"`{value}`" if value else ""
        rows.append(f"| `{name}` | {shown} | {meaning.replace('|', chr(92) + '|')} | `MARKETDAY_{name.replace('.', '_').upper()}` |")
    return "\n".join(rows)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", default="build/release/marketday")
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    return doc_block.write_or_check(PAGE, {"config": table_of(settings_of(options.program))}, options.check)


if __name__ == "__main__":
    sys.exit(main())
