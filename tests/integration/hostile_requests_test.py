"""Attacks on the way in, over raw sockets against the real server: request smuggling, bombs, paths out of their folder, and
lines into the log. What two readers could read differently is refused, and the connection ends with the refusal."""

import gzip
import json
import os
import pathlib
import re
import socket
import unittest
import urllib.parse

from shop import ShopTest, call, main

HIDDEN = b"GET /api/v1/sales HTTP/1.1\r\nHost: shop\r\n\r\n"
# What stands behind each refused request would be answered, if the server took its end to be where the attacker wants it.
POST = "POST /api/v1/sessions HTTP/1.1\r\nHost: shop\r\n"
REFUSED = {
    "content length and chunked": POST + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    "chunked and content length": POST + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX",
    "two transfer encodings": POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding before chunked": POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": POST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": POST + 'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "a coding behind a control character": POST + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a space before the colon": POST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a tab before the colon": POST + "Content-Length\t: 0\r\n\r\n",
    "a line that begins with a space": POST + " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": POST + "X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n",
    "a folded coding": POST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a bare line feed in the head": POST + "X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds only": "GET /livez HTTP/1.1\nHost: shop\n\n",
    "a bare carriage return": POST + "X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a zero byte in a name": POST + "Transfer-\0Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a zero byte in a value": POST + "Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n",
    "two equal content lengths": POST + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two content lengths": POST + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a list of content lengths": POST + "Content-Length: 2, 2\r\n\r\n{}",
    "a signed content length": POST + "Content-Length: +2\r\n\r\n{}",
    "a negative content length": POST + "Content-Length: -2\r\n\r\n{}",
    "a content length in hex": POST + "Content-Length: 0x2\r\n\r\n{}",
    "a content length that overflows": POST + "Content-Length: 18446744073709551618\r\n\r\n{}",
    "an empty content length": POST + "Content-Length: \r\n\r\n",
    "a content length with a space": POST + "Content-Length: 1 2\r\n\r\n{}",
    "a chunk size in hex notation": POST + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a signed chunk size": POST + "Transfer-Encoding: chunked\r\n\r\n+2\r\n{}\r\n0\r\n\r\n",
    "a negative chunk size": POST + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a chunk size that overflows": POST + "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n",
    "no chunk size": POST + "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
    "a chunk size behind a space": POST + "Transfer-Encoding: chunked\r\n\r\n 2\r\n{}\r\n0\r\n\r\n",
    "a chunk that ends too late": POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX\r\n0\r\n\r\n",
    "a bare line feed behind a chunk size": POST + "Transfer-Encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n",
    "a bare line feed behind a chunk": POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\n0\r\n\r\n",
    "a bare line feed in a chunk extension": POST + "Transfer-Encoding: chunked\r\n\r\n2;a\nb\r\n{}\r\n0\r\n\r\n",
    "a bare line feed in a trailer": POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\nC: d\r\n\r\n",
    "a trailer that would frame a message": POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n",
    "chunks in HTTP/1.0": "POST /api/v1/sessions HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "no host": "GET /livez HTTP/1.1\r\n\r\n",
    "two hosts": "GET /livez HTTP/1.1\r\nHost: shop\r\nHost: other\r\n\r\n",
    "a host with a space": "GET /livez HTTP/1.1\r\nHost: shop other\r\n\r\n",
    "a host with a path": "GET /livez HTTP/1.1\r\nHost: shop/admin\r\n\r\n",
    "a host with a user": "GET /livez HTTP/1.1\r\nHost: me@shop\r\n\r\n",
    "HTTP/0.9": "GET /livez\r\n\r\n",
    "HTTP/2's preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "an unknown version": "GET /livez HTTP/1.2\r\nHost: shop\r\n\r\n",
    "a version in small letters": "GET /livez http/1.1\r\nHost: shop\r\n\r\n",
    "two spaces before the target": "GET  /livez HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a space in the target": "GET /livez x HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a control character in the target": "GET /li\x01vez HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a fragment in the target": "GET /livez#x HTTP/1.1\r\nHost: shop\r\n\r\n",
    "another scheme": "GET ftp://shop/livez HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a method that nobody knows": "SMUGGLE /livez HTTP/1.1\r\nHost: shop\r\n\r\n",
    "CONNECT": "CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n",
    "TRACE": "TRACE /livez HTTP/1.1\r\nHost: shop\r\n\r\n",
    "an expectation": POST + "Expect: 200-maybe\r\nContent-Length: 2\r\n\r\n{}",
    "a header without a name": "GET /livez HTTP/1.1\r\nHost: shop\r\n: x\r\n\r\n",
    "a header without a colon": "GET /livez HTTP/1.1\r\nHost: shop\r\nfoo\r\n\r\n",
    "a name with a bracket": "GET /livez HTTP/1.1\r\nHost: shop\r\na(b: x\r\n\r\n",
}
# What is odd and has one meaning only: answered, and what follows is answered as the next request.
TAKEN = {
    "an absolute target beats the host": ("GET http://shop/livez HTTP/1.1\r\nHost: other\r\n\r\n", 200),
    "empty lines before the request": ("\r\n\r\nGET /livez HTTP/1.1\r\nHost: shop\r\n\r\n", 200),
    "a chunk extension": (POST + "Transfer-Encoding: chunked\r\n\r\n2;a=b;c=\"d\"\r\n{}\r\n0\r\n\r\n", 400),
    "leading zeros of a chunk size": (POST + "Transfer-Encoding: chunked\r\n\r\n0002\r\n{}\r\n000\r\n\r\n", 400),
    "trailers": (POST + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: other\r\nX-Ticket: t\r\n\r\n", 400),
    "HTTP/1.0 that keeps its connection": ("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200),
    "a body on GET": ("GET /livez HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\n\r\nhello", 200),
}


class Raw:
    def __init__(self, url):
        address = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=10)
        self.socket.settimeout(10)
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return self

    def answer(self, bodiless=False):
        """(status, headers in small letters, body); None when the server has closed."""
        while b"\r\n\r\n" not in self.unread:
            if not self.receive():
                return None
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        length = 0 if bodiless else int(headers.get("content-length", 0))
        while len(self.unread) < length:
            if not self.receive():
                return None
        body, self.unread = self.unread[:length], self.unread[length:]
        return int(lines[0].split()[1]), headers, body

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.unread += data
        return bool(data)


class HostileRequests(ShopTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = ShopTest()
        cls.shared.setUp()
        cls.addClassCleanup(cls.shared.doCleanups)
        cls.shop = cls.shared.serve(cls.shared.directory)
        cls.shop.stock_up("mug", 100)

    def test_what_two_readers_could_read_differently_is_refused_and_nothing_behind_it_is_answered(self):
        for name, request in REFUSED.items():
            for pieces in (False, True):
                with self.subTest(name, pieces=pieces), Raw(self.shop.url) as raw:
                    data = request.encode("latin-1") + HIDDEN
                    try:
                        for i in range(0, len(data), 7 if pieces else len(data)):
                            raw.send(data[i:i + (7 if pieces else len(data))])
                    except (BrokenPipeError, ConnectionResetError):
                        pass  # refused before it was all sent
                    answer = raw.answer()
                    self.assertIsNotNone(answer, "closed without a word")
                    status, headers, body = answer
                    self.assertIn(status, (400, 417, 501, 505), body[:200])
                    self.assertEqual(headers.get("connection"), "close")
                    self.assertEqual(headers["content-type"], "application/problem+json")
                    self.assertIsNone(raw.answer(), "something behind it was answered too")

    def test_what_is_odd_but_clear_is_answered_and_so_is_what_follows(self):
        for name, (request, expected) in TAKEN.items():
            with self.subTest(name), Raw(self.shop.url) as raw:
                status, _, body = raw.send(request.encode("latin-1") + HIDDEN).answer()
                self.assertEqual(status, expected, body[:200])
                status, _, body = raw.answer()
                self.assertEqual(status, 200)
                self.assertIn(b'"items"', body)

    def test_a_compressed_body_is_read_as_it_is_and_never_unpacked(self):
        bomb = gzip.compress(b" " * 50_000_000 + b"{}", 9)
        self.assertLess(len(bomb), 60_000)
        before = self.memory_kib()
        for coding in ("gzip", "deflate", "br", "gzip, gzip"):
            answer = call(self.shop.url + "/api/v1/sessions", "POST", bomb[:4000], {"Content-Encoding": coding})
            self.assertIn(answer.status, (400, 413, 415), answer.text[:200])
        answer = call(self.shop.admin_url + "/admin/v1/products", "POST", bomb,
                      {"Content-Encoding": "gzip", "Authorization": f"Bearer {self.shop.token}"})
        self.assertTrue(answer.status // 100 == 4 or answer.json["refused"], answer.text[:300])
        self.assertLess(self.memory_kib() - before, 40_000)

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.shop.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def test_no_path_leads_out_of_the_folders_of_pictures_and_scripts(self):
        secret = self.shared.directory / "secret-of-mine"
        secret.write_text("do not show")
        (self.shared.directory / "images").mkdir(exist_ok=True)
        (self.shared.directory / "images" / "mug").mkdir(exist_ok=True)
        os.symlink(secret, self.shared.directory / "images" / "mug" / "0123456789abcdef-640.webp")
        os.symlink("/etc", self.shared.directory / "images" / "etc")
        ups = ["..", "%2e%2e", "%2E.", ".%2e", "%252e%252e", "..%2f", "..%5c", "..\\", "%c0%ae%c0%ae", "..%00", "....//",
               "%2e%2e%2f", "..;", "%u002e%u002e"]
        ends = ["secret-of-mine", "marketday.db", "admin.json", "etc/passwd", "etc%2fpasswd"]
        tried = 0
        for up in ups:
            for depth in (1, 2, 3, 8):
                for end in ends:
                    for start in ("/images/mug/", "/images/", "/images/mug%2f", "/assets/", "/"):
                        self.assert_hidden(start + "/".join([up] * depth) + "/" + end)
                        tried += 1
        for path in ("/images//etc/passwd", "/images/mug//etc/passwd", "/images/etc/passwd", "/images/%2fetc%2fpasswd/x", "/assets//etc/passwd",
                     "/images/mug/0123456789abcdef-640.webp", "/images/mug/admin.json%00-640.webp", "/images/mug/.", "/images/mug/..",
                     "/images/file:%2f%2f%2fetc%2fpasswd/x", "/assets/C:%5csecret"):
            self.assert_hidden(path)
        self.assertGreater(tried, 1000)

    def assert_hidden(self, path):
        with Raw(self.shop.url) as raw:
            status, _, body = raw.send(f"GET {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").answer()
            self.assertIn(status, (400, 404), path)
            for told in (b"do not show", b"SQLite format", b"root:", b'"token"'):
                self.assertNotIn(told, body, path)

    def test_nothing_that_a_client_sends_makes_a_line_of_its_own_in_the_log(self):
        data = self.directory / "logged"
        log = (self.directory / "log").open("wb+")
        self.addCleanup(log.close)
        shop = self.serve_logging(data, log)
        forged = '{"time":"2026-01-01T00:00:00.000Z","level":"error","event":"forged"}'
        for text in ("a\r\n" + forged, "a\n" + forged, "a\u2028" + forged, "\x1b[2J\x1b[31m" + forged, '","event":"forged","x":"',
                     "\x00\x08\x7f\x9b" + forged, "\ud7ff\u0085" + forged, "\\u000a" + forged, "%0d%0a" + forged):
            quoted = urllib.parse.quote(text, safe="")
            call(shop["url"] + "/api/v1/products/" + quoted)
            call(shop["url"] + "/api/v1/products?q=" + quoted)
            call(shop["url"] + "/api/v1/sessions", "POST", {"email": text, "password": text})
            call(shop["admin_url"] + "/admin/v1/sessions", "POST", {"name": text, "password": text})
            call(shop["admin_url"] + "/admin/v1/logs?q=" + quoted, headers=shop["operator"])
            call(shop["admin_url"] + "/admin/v1/stock", "POST", {"sku": text, "movement": text, "units": 1, "reason": text},
                 shop["operator"])
            call(shop["admin_url"] + "/admin/v1/products/none/images", "POST", b"\x89PNG\r\n\x1a\n" + text.encode("utf-8", "surrogatepass"),
                 shop["operator"])
            for header in ("User-Agent", "Referer", "X-Forwarded-For", "Forwarded", "traceparent", "X-Local-User"):
                with Raw(shop["url"]) as raw:
                    line = text.replace("\r", "").replace("\n", "\r\n ")
                    raw.send(f"GET /none HTTP/1.1\r\nHost: shop\r\n{header}: ".encode() + line.encode("utf-8", "surrogatepass") +
                             b"\r\nConnection: close\r\n\r\n").answer()
        shop["stop"]()
        log.seek(0)
        lines = [line for line in log.read().split(b"\n") if line and not line.startswith((b"marketday serves", b"the first operator"))]
        self.assertTrue(lines)
        for line in lines:
            self.assertNotRegex(line, rb"[\x00-\x1f\x7f]", "a control character")
            event = json.loads(line)
            self.assertNotEqual(event["event"], "forged", line)
            self.assertEqual(len(re.findall(rb'"event":', line)), 1, line)

    def serve_logging(self, data, log):
        import subprocess
        import time

        from shop import PROGRAM
        data.mkdir()
        process = subprocess.Popen([PROGRAM, "serve", "--data", str(data), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                                    "--log-level", "debug"], stdout=log, stderr=log)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        for _ in range(1000):
            if (data / "admin.json").exists():
                break
            time.sleep(0.02)
        admin = json.loads((data / "admin.json").read_text())

        def stop():
            process.terminate()
            self.assertEqual(process.wait(timeout=15), 0)

        return {"url": json.loads((data / "shop.json").read_text())["url"], "admin_url": admin["url"],
                "operator": {"Authorization": f"Bearer {admin['token']}"}, "stop": stop}


if __name__ == "__main__":
    main()
