#!/usr/bin/env python3
"""Writes the routes and the problem types, as a running server tells them, into docs/api.md.

    tools/api_table.py [--program build/release/marketday] [--check]

Starts a shop of its own in a temporary directory, on free ports, and reads /openapi.json of both listeners and
/problems. The blocks are <!-- shop-routes -->, <!-- operator-routes --> and <!-- problems -->. --check changes nothing
and exits with 1 when a table is not the server's.
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

import doc_block

PAGE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "api.md"
START_WITHIN_S = 20

# In this order; a path belongs to the first group whose prefix it has.
SHOP_GROUPS = [
    ("Accounts and sessions", ("/api/v1/accounts", "/api/v1/password-resets", "/api/v1/sessions", "/api/v1/me")),
    ("The goods", ("/images", "/api/v1/products", "/api/v1/categories", "/api/v1/suggestions", "/api/v1/rankings")),
    ("Sales and the line", ("/api/v1/sales",)),
    ("The basket", ("/api/v1/basket",)),
    ("Orders and payments", ("/api/v1/orders",)),
    ("About the shop", ("/",)),
]
OPERATOR_GROUPS = [
    ("Operators", ("/admin/v1/sessions", "/admin/v1/operators")),
    ("Goods and stock", ("/admin/v1/products", "/admin/v1/stock")),
    ("Sales", ("/admin/v1/sales",)),
    ("Orders", ("/admin/v1/orders",)),
    ("Looking after the shop", ("/",)),
]
METHODS = ["get", "post", "put", "patch", "delete"]


def read_json(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


class Shop:
    """A throwaway server, within `with`."""

    def __init__(self, program, directory):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MARKETDAY_")}
        data = pathlib.Path(directory) / "shop"
        self.process = subprocess.Popen(
            [program, "serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rehearsal",
             "--log-level", "error"], env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_WITHIN_S
        while not (data / "admin.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                sys.exit("the shop did not start")
            time.sleep(0.02)
        self.shop_url = json.loads((data / "shop.json").read_text())["url"]
        self.admin_url = json.loads((data / "admin.json").read_text())["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=15)


def who(operation):
    schemes = {name for choice in operation.get("security", []) for name in choice}
    return "session" if "session" in schemes else "operator" if "operator" in schemes else "anybody"


def schema_name(content):
    for media in content.values():
        return media["schema"].get("$ref", "").rsplit("/", 1)[-1]
    return ""


def parameters(operation):
    """What may be sent besides the path and the body: `?q` in the query, headers by name."""
    shown = []
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            shown.append(f"`?{parameter['name']}`")
        elif parameter["in"] == "header" and parameter["name"] != "Idempotency-Key":
            shown.append(f"`{parameter['name']}`")
    return f" ({', '.join(shown)})" if shown else ""


def row(method, path, operation):
    body = schema_name(operation.get("requestBody", {}).get("content", {}))
    answers = {schema_name(answer.get("content", {})) for status, answer in operation["responses"].items() if status < "300"}
    needs = who(operation)
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", [])):
        needs += ", key"
    answer = ", ".join(f"`{name}`" for name in sorted(answers - {""}))
    shapes = " ".join(part for part in (f"`{body}`" if body else "", f"→ {answer}" if answer else "") if part)
    statuses = ", ".join(sorted(operation["responses"]))
    does = operation["summary"].rstrip(".") + parameters(operation)
    return f"| `{method.upper()} {path}` | {does} | {needs} | {shapes} | {statuses} |"


def routes_table(document, groups):
    out, left = [], dict(document["paths"])
    for title, prefixes in groups:
        paths = [path for path in left if path.startswith(prefixes)]
        out += [f"### {title}", "", "| route | what it does | who | body → answer | statuses |", "|---|---|---|---|---|"]
        for path in paths:
            operations = left.pop(path)
            out += [row(method, path, operations[method]) for method in METHODS if method in operations]
        out.append("")
    return "\n".join(out)


def problems_table(document):
    rows = ["| type | status | meaning |", "|---|---|---|"]
    rows += [f"| `{item['type'].rsplit('/', 1)[-1]}` | {item['status']} | {item['meaning']} |" for item in document["items"]]
    return "\n".join(rows)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", default="build/release/marketday")
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="marketday-docs-") as directory, Shop(options.program, directory) as shop:
        blocks = {
            "shop-routes": routes_table(read_json(shop.shop_url + "/openapi.json"), SHOP_GROUPS),
            "operator-routes": routes_table(read_json(shop.admin_url + "/openapi.json"), OPERATOR_GROUPS),
            "problems": problems_table(read_json(shop.shop_url + "/problems")),
        }
    return doc_block.write_or_check(PAGE, blocks, options.check)


if __name__ == "__main__":
    sys.exit(main())
