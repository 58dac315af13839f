"""The running program can be watched with nothing else installed: board, stream, traces, logs, readiness; and it sends traces to a
collector."""

import http.server
import json
import os
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request

import shop

SKU = "lamp"
SERIES = {"requests_per_s", "orders_per_s", "errors_per_s", "declined_per_s", "latency_ms_p50", "latency_ms_p99", "latency_ms_p999",
          "latency_ms_p99_pages", "line_length", "admissions_per_s", "lane_depth", "batch_orders", "commit_ms", "cache_hit_ratio",
          "db_connections_in_use", "db_waiting", "cpu_percent", "memory_bytes", "disk_read_bytes_per_s", "disk_write_bytes_per_s",
          "net_in_bytes_per_s", "net_out_bytes_per_s", "loop_lag_ms"}


class Collector(http.server.ThreadingHTTPServer):
    """An OpenTelemetry collector, as far as one call goes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.calls = []
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"

    def spans(self):
        return [span for call in self.calls for resource in call["resourceSpans"] for scope in resource["scopeSpans"]
                for span in scope["spans"]]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.calls.append(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass


class Stream:
    """Server-sent events of one connection."""

    def __init__(self, server, last_event_id=None):
        headers = {"Authorization": f"Bearer {server.token}", "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        self.response = urllib.request.urlopen(
            urllib.request.Request(server.admin_url + "/admin/v1/board/stream", headers=headers), timeout=10)

    def next(self):
        event = {}
        for line in self.response:
            line = line.decode().rstrip("\n")
            if not line:
                if "event" in event:
                    return event
                event = {}  # how soon to come again
                continue
            name, _, value = line.partition(": ")
            event[name] = json.loads(value) if name == "data" else value
        return None

    def close(self):
        self.response.close()


class Eventually(shop.ShopTest):
    def until(self, condition, within_s=15):
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        return self.fail("it did not come about in time")


class Watching(Eventually):
    def ordered(self, server, count, trace=None):
        shopper = server.shoppers(1)[0]
        headers = {"Authorization": f"Bearer {shopper['token']}"} | ({"traceparent": trace} if trace else {})
        for number in range(count):
            answer = shop.call(server.url + "/api/v1/orders", "POST",
                               {"currency": "KRW", "address": shop.ADDRESS,
                                "lines": [{"sku": SKU, "quantity": 1, "unit_price_minor": 12000}]},
                               headers | {"Idempotency-Key": f"key-{number}"})
            self.assertEqual(answer.status, 201, answer.text)

    def test_the_board_shows_what_happens_and_its_stream_goes_on_where_it_was_left(self):
        server = self.serve(self.directory / "shop")
        server.stock_up(SKU, 1000)
        stream = Stream(server)
        self.addCleanup(stream.close)
        first = stream.next()
        self.assertEqual(first["event"], "sample")
        self.assertLessEqual(SERIES, set(first["data"]["values"]))
        self.ordered(server, 20)

        def sold():
            board = {one["name"]: one["points"] for one in server.operate("GET", "/board")["series"]}
            return board if sum(point or 0 for point in board["orders_per_s"]) >= 15 else None
        board = self.until(sold)
        self.assertLessEqual(SERIES, set(board))
        self.assertEqual(len({len(points) for points in board.values()}), 1, "all series have the same seconds")
        self.assertTrue(any(point and point > 0 for point in board["latency_ms_p99"]))
        self.assertTrue(any(point and point > 0 for point in board["memory_bytes"]))
        second = stream.next()
        self.assertGreater(int(second["id"]), int(first["id"]))
        again = Stream(server, last_event_id=first["id"])
        self.addCleanup(again.close)
        self.assertEqual(again.next()["id"], str(int(first["id"]) + 1), "what was missed comes first")
        some = server.operate("GET", "/board?series=cpu_percent,loop_lag_ms&seconds=2")
        self.assertEqual([one["name"] for one in some["series"]], ["cpu_percent", "loop_lag_ms"])
        self.assertTrue(all(len(one["points"]) <= 2 for one in some["series"]))
        self.assertEqual(server.stop(), 0, "open streams do not hold the drain up")

    def test_the_stream_shows_a_sale(self):
        server = self.serve(self.directory / "shop")
        server.stock_up(SKU, 30)
        sale = server.operate("POST", "/sales", {
            "name": {"en": "Lamps"}, "opens_at": "2026-01-01T00:00:00Z",
            "items": [{"sku": SKU, "units": 20, "price": {"amount_minor": 9000, "currency": "KRW"}, "limit_per_customer": 1}],
            "line": {"enabled": True}})["id"]
        stream = Stream(server)
        self.addCleanup(stream.close)

        def shown():
            return next((one for one in stream.next()["data"]["sales"] if one["sale"] == sale), None)
        told = self.until(shown)
        self.assertEqual((told["state"], told["name"], told["line_length"]), ("open", {"en": "Lamps"}, 0))
        item = told["items"][0]
        self.assertEqual((item["sku"], item["units"], item["received"], item["available"], item["sold"]), (SKU, 20, 30, 30, 0))
        metrics = shop.call(server.admin_url + "/metrics").text
        self.assertRegex(metrics, f'marketday_sale_stock_units{{sale="{sale}",sku="{SKU}",place="available"}} 30')
        self.assertIn("marketday_loop_lag_seconds ", metrics)

    def test_more_than_32_watchers_are_refused_and_strangers_too(self):
        server = self.serve(self.directory / "shop")
        streams = [Stream(server) for _ in range(32)]
        for stream in streams:
            self.addCleanup(stream.close)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            Stream(server)
        self.assertEqual(refused.exception.code, 503)
        for path in ("/board", "/board/stream", "/traces", "/logs"):
            self.assertEqual(shop.call(server.admin_url + "/admin/v1" + path).status, 401)

    def test_a_slow_request_is_kept_with_its_phases_and_its_log_lines_by_its_trace(self):
        server = self.serve(self.directory / "shop", "trace.slow_ms=0")
        server.stock_up(SKU, 1000)
        trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
        self.ordered(server, 3, f"00-{trace_id}-00f067aa0ba902b7-01")
        found = server.operate("GET", f"/traces?slow=1&trace_id={trace_id}")["items"]
        self.assertEqual(len(found), 3)
        order = found[0]
        self.assertEqual((order["method"], order["route"], order["status"], order["listener"]),
                         ("POST", "/api/v1/orders", 201, "shop"))
        spans = {span["name"]: span for span in order["spans"]}
        self.assertLessEqual({"lane wait", "lane commit"}, set(spans))
        self.assertGreater(spans["lane commit"]["duration_ms"], 0)
        self.assertLessEqual(spans["lane commit"]["start_ms"] + spans["lane commit"]["duration_ms"], order["duration_ms"] + 0.5)
        page = server.operate("GET", "/traces?limit=1")
        self.assertEqual(len(page["items"]), 1)
        older = server.operate("GET", f"/traces?limit=1&cursor={page['next_cursor']}")
        self.assertNotEqual(page["items"], older["items"])
        self.assertEqual(server.operate("GET", "/traces?min_ms=60000")["items"], [])
        for wrong in ("/traces?limit=0", "/traces?min_ms=x", "/traces?cursor=x", "/logs?level=loud", "/board?series=x",
                      "/board?seconds=0"):
            answer = shop.call(server.admin_url + "/admin/v1" + wrong, headers={"Authorization": f"Bearer {server.token}"})
            self.assertEqual(answer.status, 400, wrong)

    def test_traces_reach_a_collector_and_a_dead_one_disturbs_nobody(self):
        collector = Collector()
        self.addCleanup(collector.server_close)
        self.addCleanup(collector.shutdown)
        server = self.serve(self.directory / "shop", f"trace.otlp_url={collector.url}", "trace.sample_percent=100")
        server.stock_up(SKU, 1000)
        trace_id = "4bf92f3577b34da6a3ce929d0e0e4737"
        self.ordered(server, 1, f"00-{trace_id}-00f067aa0ba902b7-01")
        mine = self.until(lambda: [span for span in collector.spans() if span["traceId"] == trace_id])
        top = next(span for span in mine if span["name"] == "POST /api/v1/orders")
        self.assertEqual(top["parentSpanId"], "00f067aa0ba902b7")
        self.assertLess(int(top["startTimeUnixNano"]), int(top["endTimeUnixNano"]))
        children = {span["name"] for span in mine if span.get("parentSpanId") == top["spanId"]}
        self.assertLessEqual({"lane wait", "lane commit"}, children)
        self.assertIn("marketday_trace_export_requests_total", shop.call(server.admin_url + "/metrics").text)
        self.assertEqual(server.stop(), 0)

        lonely = self.serve(self.directory / "lonely", "trace.otlp_url=http://127.0.0.1:1", "trace.sample_percent=100")
        lonely.stock_up(SKU, 1000)
        self.ordered(lonely, 20)
        failed = self.until(lambda: lonely.operate("GET", "/logs?level=warn&q=trace.export")["items"], 30)
        self.assertEqual(failed[0]["event"], "trace.export.failed")
        self.assertEqual(lonely.stop(), 0)
        refused = self.refused_start_with(self.directory / "refused", "trace.otlp_url=https://collector")
        self.assertIn("trace.otlp_url must be like", refused)

    def refused_start_with(self, data, setting):
        done = shop.run("serve", "--data", data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--set", setting, timeout=30)
        self.assertEqual(done.returncode, 2)
        return done.stderr


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small file system")
class ReadinessOnAFullDisk(Eventually):
    def test_readyz_tells_a_full_disk_and_recovers(self):
        small = self.directory / "small"
        small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", small])
        server = self.serve(small / "shop")
        server.stock_up(SKU, 1000)
        shopper = server.shoppers(1)[0]
        ready = [server.url + "/readyz", server.admin_url + "/readyz"]
        self.until(lambda: all(shop.call(url).status == 200 for url in ready))
        filler = small / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        for url in ready:
            self.until(lambda: "disk-full" in (shop.call(url).json or {}).get("reasons", []))
            refused = shop.call(url)
            self.assertEqual((refused.status, refused.reason), (503, "not-ready"))
        self.assertEqual(shop.call(server.url + "/livez").status, 200, "the process runs")
        for number in range(400):  # the database's log has some room of its own
            if server.order(shopper, f"full-{number}", SKU).status == 503:
                break
        self.assertIn("store-failing", shop.call(ready[0]).json["reasons"])
        filler.unlink()
        self.until(lambda: all(shop.call(url).status == 200 for url in ready))
        self.assertEqual(server.order(shopper, "after", SKU).status, 201)
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    shop.main()
