"""How quickly the operators' board answers while a crowd saturates the shop: open streams get an event every second, and the board,
the traces and the logs are asked for all the time."""
import json
import threading
import time
import urllib.request


class Watcher(threading.Thread):
    """Reads the stream and notes how evenly its events come."""

    def __init__(self, shop, until):
        super().__init__(daemon=True)
        self.shop, self.until = shop, until
        self.gaps_ms = []
        self.last = {}

    def run(self):
        request = urllib.request.Request(self.shop.admin["url"] + "/admin/v1/board/stream",
                                         headers={"Authorization": "Bearer " + self.shop.admin["token"]})
        before = None
        with urllib.request.urlopen(request, timeout=30) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    self.last = json.loads(line[6:])
                    now = time.monotonic()
                    if before is not None:
                        self.gaps_ms.append((now - before) * 1000)
                    before = now
                if time.monotonic() > self.until():
                    return


def ask(shop, path, compressed=False):
    headers = {"Authorization": "Bearer " + shop.admin["token"]}
    if compressed:
        headers["Accept-Encoding"] = "br, gzip"
    begun = time.perf_counter()
    with urllib.request.urlopen(urllib.request.Request(shop.admin["url"] + path, headers=headers), timeout=30) as answer:
        answer.read()
    return (time.perf_counter() - begun) * 1000


PATHS = {"hour": "/admin/v1/board", "minute": "/admin/v1/board?seconds=60", "traces": "/admin/v1/traces?limit=500",
         "logs": "/admin/v1/logs?limit=500"}


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def measure(shop, run_crowd):
    """Milliseconds by what was asked, while `run_crowd()` runs; and the gaps between a stream's events."""
    over = threading.Event()
    took = {name: [] for name in PATHS}
    watcher = Watcher(shop, lambda: 0 if over.is_set() else float("inf"))
    watcher.start()

    def poll():
        while not over.is_set():
            for name, path in PATHS.items():
                took[name].append(ask(shop, path, compressed=True))
            time.sleep(0.2)
    poller = threading.Thread(target=poll, daemon=True)
    poller.start()
    try:
        summary = run_crowd()
    finally:
        over.set()
        poller.join(10)
        watcher.join(10)
    return took, watcher, summary
