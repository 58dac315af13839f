"""A throwaway shop for benchmarks: starts `marketday serve --rehearsal`, speaks its admin API, stops it."""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request


class Shop:
    def __init__(self, program, *flags, pin=None):
        self.program = str(program)
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="marketday-bench-"))
        command = [self.program, "serve", "--data", str(self.data), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                   "--rehearsal", "--log-level", "warn", *flags]
        if pin is not None:
            command = ["taskset", "-c", str(pin), *command]
        begun = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while not (self.data / "admin.json").exists():
            if self.process.poll() is not None:
                raise RuntimeError("the shop did not start")
            if time.monotonic() - begun > 30:
                raise RuntimeError("the shop did not start within 30 s")
            time.sleep(0.01)
        self.seconds_to_start = time.monotonic() - begun
        self.admin = json.loads((self.data / "admin.json").read_text())
        self.url = json.loads((self.data / "shop.json").read_text())["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.data, ignore_errors=True)
        return self.process.returncode

    def call(self, method, path, body=None, content_type="application/json"):
        payload = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.admin["url"] + path, data=payload, method=method, headers={
            "Authorization": "Bearer " + self.admin["token"], "Content-Type": content_type})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def run(self, *arguments, timeout=600):
        """A `marketday` command against this shop."""
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=timeout)

    def add_product(self, sku, price_minor, units):
        line = json.dumps({"sku": sku, "name": {"en": sku}, "name_derived": {}, "description": {}, "category": [],
                           "price": {"amount": price_minor, "currency": "KRW"}, "stock": units})
        return self.call("POST", "/admin/v1/products", (line + "\n").encode(), "application/x-ndjson")

    def add_sale(self, sku, units, price_minor, limit=1, line=False, opens_in_s=0, draw=True):
        opens = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + opens_in_s))
        sale = self.call("POST", "/admin/v1/sales", {
            "name": {"en": "Bench"}, "opens_at": opens, "line": {"enabled": line, "draw": draw},
            "items": [{"sku": sku, "units": units, "limit_per_customer": limit,
                       "price": {"amount_minor": price_minor, "currency": "KRW"}}]})
        return sale["id"]

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0


def crowd_process(shop, *arguments):
    """A crowd under way."""
    return subprocess.Popen([shop.program, "crowd", shop.url, "--data", str(shop.data), "--quiet", "--json", *arguments],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def summary_of(process, timeout=600):
    """Waits for the crowd's end and gives its summary."""
    out, err = process.communicate(timeout=timeout)
    if process.returncode != 0:
        raise RuntimeError(f"the crowd ended with {process.returncode}: {err[-500:]}")
    return json.loads(out)


def crowd(shop, *arguments, timeout=600):
    """Runs a crowd and gives its summary."""
    return summary_of(crowd_process(shop, *arguments), timeout)
