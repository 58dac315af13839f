"""What the integration tests in Python share: a server of the real program in a directory of its own, and shoppers.

Run one file with MARKETDAY=/path/to/marketday python3 tests/integration/backup_test.py; ctest does the same.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ.get("MARKETDAY", "build/release/marketday")
START_WITHIN_S = 20
ADDRESS = {"recipient": "홍길동", "line1": "Sejong-daero 110", "city": "Seoul", "postal_code": "04524", "country": "KR"}


def run(*arguments, **options):
    """Runs one command to its end; its exit code, standard output and standard error."""
    options.setdefault("timeout", 120)
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, **options)


class Answer:
    def __init__(self, status, body, headers=None):
        self.status = status
        self.headers = headers
        self.text = body.decode()
        try:
            self.json = json.loads(self.text)
        except ValueError:
            self.json = None

    @property
    def reason(self):
        return (self.json or {}).get("type", "").rsplit("/", 1)[-1]


def call(url, method="GET", body=None, headers=None, timeout=15):
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return Answer(response.status, response.read(), response.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), error.headers)


class Shop:
    """A `marketday serve` on free ports."""

    def __init__(self, data, *settings, **process):
        self.data = pathlib.Path(data)
        arguments = [PROGRAM, "serve", "--data", str(data), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rehearsal",
                     "--log-level", "warn"]
        for setting in settings:
            arguments += ["--set", setting]
        for name in ("shop.json", "admin.json"):
            (self.data / name).unlink(missing_ok=True)
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **process)
        deadline = time.monotonic() + START_WITHIN_S
        while not (self.data / "admin.json").exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.process.stdout.read()}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("the server did not start in time")
            time.sleep(0.01)
        self.url = json.loads((self.data / "shop.json").read_text())["url"]
        admin = json.loads((self.data / "admin.json").read_text())
        self.admin_url, self.token = admin["url"], admin["token"]

    def operate(self, method, path, body=None):
        answer = call(self.admin_url + "/admin/v1" + path, method, body, {"Authorization": f"Bearer {self.token}"})
        assert answer.status // 100 == 2, f"{method} {path}: {answer.status} {answer.text}"
        return answer.json

    def stock_up(self, sku, units, price=12000):
        self.operate("POST", "/products", (json.dumps({
            "sku": sku, "source": "test", "name": {"en": sku}, "category": [{"en": "Tests"}],
            "price": {"amount": price, "currency": "KRW"}, "weight_g": 100}) + "\n").encode())
        self.operate("POST", "/stock", {"sku": sku, "movement": "receive", "units": units, "reason": "test"})

    def shoppers(self, count, prefix="t"):
        return self.operate("POST", "/rehearsal/sessions", {"count": count, "prefix": prefix})["sessions"]

    def order(self, shopper, key, sku, quantity=1, price=12000):
        return call(self.url + "/api/v1/orders", "POST",
                    {"currency": "KRW", "address": ADDRESS,
                     "lines": [{"sku": sku, "quantity": quantity, "unit_price_minor": price}]},
                    {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": key})

    def stop(self):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=15)
        finally:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def history_line(shopper, key, sku, answer, quantity=1):
    """What a crowd would write of one order."""
    line = {"op": "order", "customer": shopper["customer"], "key": key, "lines": [{"sku": sku, "quantity": quantity}],
            "start_us": 0, "end_us": 0, "status": answer.status if answer else 0}
    if answer is None:
        line["outcome"] = "unknown"
    elif answer.status == 201:
        line |= {"outcome": "ok", "order": answer.json["order"], "receipt": answer.json["receipt"]}
    else:
        line |= {"outcome": "unknown" if answer.reason == "outcome-unknown" else "refused", "reason": answer.reason}
    return json.dumps(line) + "\n"


class ShopTest(unittest.TestCase):
    """Every test has a directory of its own, and ends the servers that it started."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="marketday-test-"))
        self.directory.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def serve(self, data, *settings, **process):
        shop = Shop(data, *settings, **process)
        self.addCleanup(lambda: shop.process.poll() is None and shop.kill())
        return shop

    def refused_start(self, data, *settings, **process):
        """The one line with which the server refuses to start."""
        flags = [flag for setting in settings for flag in ("--set", setting)]
        done = run("serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", *flags, timeout=30, **process)
        self.assertNotEqual(done.returncode, 0)
        lines = [line for line in done.stderr.splitlines() if line.startswith("marketday:")]
        self.assertEqual(len(lines), 1, done.stderr)
        return lines[0]

    def audit(self, data, *arguments):
        """The report; fails the test unless everything holds."""
        done = run("audit", "--data", data, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)


def main():
    unittest.main(module=sys.modules["__main__"], verbosity=2)
