"""Whoever the shop is to tell of its orders is told, signed as Standard Webhooks have it, until the notice is taken."""

import base64
import contextlib
import hashlib
import hmac
import http.server
import json
import sqlite3
import threading
import time
import urllib.request

import shop
from shop import call

SECRETS = [bytes(range(32)), b"an older secret of thirty-two b."]


class Listener:
    """Takes notices and keeps them; refuses while `status` is not 2xx."""

    def __init__(self):
        self.status, self.notices, self.tries = 204, [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.tries += 1
                if outer.status < 300:
                    outer.notices.append((dict(self.headers.items()), body, self.path))
                self.send_response(outer.status)
                if outer.status == 307:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/shop?from=marketday"

    def wait(self, notices, within_s=20):
        deadline = time.monotonic() + within_s
        while len(self.notices) < notices and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.notices


def signed(headers, body):
    """Which of the secrets a notice is signed with, in the order of its signatures."""
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = {"v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode(): number
                for number, key in enumerate(SECRETS)}
    return [expected.get(signature) for signature in headers["webhook-signature"].split(" ")]


class Webhooks(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.server.shutdown)
        self.secret = self.directory / "webhooks.secret"
        self.secret.write_text("".join(f"whsec_{base64.b64encode(key).decode()}\n" for key in SECRETS))

    def shop(self, *settings):
        server = self.serve(self.directory / "shop", f"webhooks.urls={self.listener.url}",
                            f"webhooks.secret_file={self.secret}", *settings)
        server.stock_up("mug", 30)
        # It is told of what happens from the moment on when the shop first knows of it.
        deadline = time.monotonic() + 20
        with contextlib.closing(sqlite3.connect(f"file:{self.directory}/shop/marketday.db?mode=ro", uri=True)) as store:
            while time.monotonic() < deadline:
                if store.execute("SELECT count(*) FROM bus_groups WHERE name LIKE 'webhook-%'").fetchone()[0]:
                    return server
                time.sleep(0.05)
        self.fail("no consumer for the webhook")

    def buy(self, server, shopper, key):
        order = server.order(shopper, key, "mug", 1).json
        paid = call(f"{server.url}/api/v1/orders/{order['order']}/payment", "POST", {"method": "card", "token": "tok_ok"},
                    {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": f"pay-{key}"})
        self.assertEqual(paid.status, 200, paid.text)
        return order["order"]

    def test_each_paid_order_is_told_once_and_signed(self):
        server = self.shop()
        shoppers = server.shoppers(3)
        orders = [self.buy(server, shopper, f"k-{number}") for number, shopper in enumerate(shoppers)]
        notices = self.listener.wait(3)
        told = [json.loads(body) for _, body, _ in notices]
        self.assertEqual({one["type"] for one in told}, {"order.paid"})
        self.assertEqual(sorted(one["data"]["order"] for one in told), sorted(orders))
        for headers, body, path in notices:
            self.assertEqual(signed(headers, body), [0, 1])
            self.assertLess(abs(int(headers["webhook-timestamp"]) - time.time()), 30)
            self.assertEqual(headers["Content-Type"], "application/json")
            self.assertEqual(path, "/shop?from=marketday")
        time.sleep(1)
        self.assertEqual(len({headers["webhook-id"] for headers, _, _ in notices}), self.listener.tries)
        metrics = urllib.request.urlopen(server.admin_url + "/metrics").read().decode()
        self.assertRegex(metrics, r'marketday_webhook_taken_total\{url="http://127[^"]*"\} 3')

    def test_an_address_that_refuses_is_told_later_across_a_kill_too(self):
        server = self.shop()
        shopper = server.shoppers(1)[0]
        self.listener.status = 503
        order = self.buy(server, shopper, "k-1")
        deadline = time.monotonic() + 20
        while self.listener.tries == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertGreater(self.listener.tries, 0)
        server.kill()
        self.listener.status = 204
        self.shop()
        notices = self.listener.wait(1, within_s=60)
        self.assertEqual([json.loads(body)["data"]["order"] for _, body, _ in notices], [order])

    def test_redirections_are_not_followed(self):
        self.listener.status = 307
        server = self.shop()
        self.buy(server, server.shoppers(1)[0], "k-1")
        deadline = time.monotonic() + 20
        while self.listener.tries == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        self.assertEqual((self.listener.tries, self.listener.notices), (1, []))

    def test_settings_that_cannot_work_are_refused_with_what_to_do(self):
        wrong = self.directory / "wrong"
        wrong.write_text("secret\n")
        data = self.directory / "refused"
        url = f"webhooks.urls={self.listener.url}"
        for settings, words in [
            ([url], "openssl rand -base64 32"),
            ([url, f"webhooks.secret_file={wrong}"], "is not whsec_ and base64"),
            ([url, f"webhooks.secret_file={self.secret}", "webhooks.events=order.payed"], 'there is no event "order.payed"'),
            (["webhooks.urls=ftp://a.example/x", f"webhooks.secret_file={self.secret}"], "webhooks.urls must be https://"),
            (["webhooks.urls=http://user:secret@a.example/", f"webhooks.secret_file={self.secret}"], "webhooks.urls must be https://"),
        ]:
            with self.subTest(words):
                self.assertIn(words, self.refused_start(data, *settings))


if __name__ == "__main__":
    shop.main()
