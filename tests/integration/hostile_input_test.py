"""What nobody sends who means well, over the real server: every case of the JSON test suite, and naughty strings through
every text of every body. Refused or taken as it is; never a 5xx, and the server lives."""

import collections
import json
import os
import pathlib
import unittest
import urllib.parse

from shop import ADDRESS, ShopTest, call, main

BAD_INPUT = pathlib.Path(os.environ.get("MARKETDAY_SHARED_DATA", pathlib.Path(__file__).resolve().parents[3] / "shared/data")) / "bad-input"
PRICE = 12000


def naughty_strings():
    return json.loads((BAD_INPUT / "blns/blns.json").read_text())


def with_each_text_replaced(body, text):
    """(where, body) for every text in it, and every member's name in turn."""
    if isinstance(body, dict):
        for name, member in body.items():
            for where, changed in with_each_text_replaced(member, text):
                yield f"{name}.{where}", body | {name: changed}
            yield f"<{name}>", {(text if key == name else key): value for key, value in body.items()}
    elif isinstance(body, list):
        for i, member in enumerate(body):
            for where, changed in with_each_text_replaced(member, text):
                yield f"{i}.{where}", body[:i] + [changed] + body[i + 1:]
    elif isinstance(body, str):
        yield "", text


@unittest.skipUnless(BAD_INPUT.is_dir(), "the collections of bad input are not here")
class HostileInput(ShopTest):
    def setUp(self):
        super().setUp()
        self.shop = self.serve(self.directory)
        self.shop.stock_up("mug", 1_000_000, PRICE)
        self.shopper = self.shop.shoppers(1)[0]
        self.keys = 0

    def post(self, path, body, session=True):
        self.keys += 1
        headers = {"Idempotency-Key": f"key-{self.keys}"}
        if session:
            headers["Authorization"] = f"Bearer {self.shopper['token']}"
        return call(self.shop.url + path, "POST", body, headers)

    def operate(self, method, path, body):
        return call(self.shop.admin_url + path, method, body, {"Authorization": f"Bearer {self.shop.token}"})

    def get(self, path):
        return call(self.shop.url + path, headers={"Authorization": f"Bearer {self.shopper['token']}"})

    def order(self):
        return {"currency": "KRW", "lines": [{"sku": "mug", "quantity": 1, "unit_price_minor": PRICE}],
                "address": ADDRESS | {"line2": "2", "phone": "010"}}

    def assert_alive(self):
        self.assertIsNone(self.shop.process.poll())
        answer = self.post("/api/v1/orders", self.order())
        self.assertEqual(answer.status, 201, answer.text)
        self.assertEqual(self.shop.stop(), 0)
        self.audit(self.directory)

    def test_every_case_of_the_json_test_suite_is_judged_right(self):
        cases = sorted((BAD_INPUT / "json/test_parsing").glob("*.json"))
        self.assertGreater(len(cases), 300)
        for path in ("/api/v1/orders", "/api/v1/accounts", "/api/v1/sessions"):
            for case in cases:
                answer = self.post(path, case.read_bytes())
                with self.subTest(path=path, case=case.name, answer=answer.text[:200]):
                    if case.name.startswith("n_"):
                        self.assertEqual((answer.status, answer.reason), (400, "malformed-json"))
                    self.assertIn(answer.status // 100, (2, 4))
                    if case.name.startswith("y_"):
                        self.assertNotEqual(answer.reason, "malformed-json")
        self.assert_alive()

    def test_naughty_strings_in_an_address_come_back_unchanged_or_are_refused(self):
        seen = collections.Counter()
        for text in naughty_strings():
            for field in ("recipient", "line1", "line2", "city", "postal_code", "phone"):
                body = self.order()
                body["address"][field] = text
                answer = self.post("/api/v1/orders", body)
                with self.subTest(field=field, text=text, answer=answer.text[:200]):
                    seen[answer.status] += 1
                    self.assertIn(answer.status, (201, 400))
                    if answer.status == 201:
                        order = self.get("/api/v1/orders/" + answer.json["order"]).json
                        self.assertEqual(order["address"][field], text)
        self.assertGreater(seen[201], 2000, seen)
        self.assert_alive()

    def test_naughty_strings_anywhere_in_any_body_are_never_a_fault_of_the_server(self):
        sale = {"name": {"en": "Sale"}, "opens_at": "2030-01-01T00:00:00Z", "closes_at": "2030-01-02T00:00:00Z",
                "items": [{"sku": "none", "units": 1, "price": {"amount_minor": 1, "currency": "KRW"}}]}
        order = self.post("/api/v1/orders", self.order()).json["order"]
        bodies = [
            ("shop", "/api/v1/accounts", {"email": "a@example.org", "password": "x", "locale": "en"}),
            ("shop", "/api/v1/accounts/verify", {"token": "t"}),
            ("shop", "/api/v1/password-resets", {"email": "nobody"}),
            ("shop", "/api/v1/password-resets/complete", {"token": "t", "password": "short"}),
            ("shop", "/api/v1/orders", self.order() | {"sale": "s"}),
            ("shop", f"/api/v1/orders/{order}/payment", {"method": "card", "token": "tok_decline"}),
            ("admin", "/admin/v1/sales", sale),
            ("admin", "/admin/v1/sales/x/state", {"state": "open"}),
            ("admin", "/admin/v1/stock", {"sku": "none", "movement": "receive", "units": 1, "reason": "r"}),
            ("admin", f"/admin/v1/orders/{order}/ship", {"tracking": "t"}),
            ("admin", "/admin/v1/operators", {"name": "NO NAME", "role": "viewer", "password": "p"}),
            ("admin", "/admin/v1/products", {"sku": "p", "source": "s", "name": {"en": "n"}, "category": [{"en": "c"}],
                                             "description": {"en": "d"}, "price": {"amount": 1, "currency": "KRW"}}),
        ]
        # Three in a request would hide one another; every tenth is enough for what all texts share.
        for i, text in enumerate(naughty_strings()):
            for where, path, body in bodies:
                changes = list(with_each_text_replaced(body, text))
                place, changed = changes[i % len(changes)]
                answer = self.post(path, changed) if where == "shop" else self.operate("POST", path, changed)
                with self.subTest(path=path, place=place, text=text, answer=answer.text[:200]):
                    self.assertTrue(answer.status // 100 in (2, 4) or answer.reason == "busy", answer.status)
        self.assert_alive()

    def test_a_products_texts_come_back_unchanged_or_the_product_is_refused(self):
        taken = 0
        for text in naughty_strings():
            product = {"sku": "p", "source": "test", "name": {"en": text}, "description": {"ko": text},
                       "category": [{"en": "Tests"}], "price": {"amount": 5, "currency": "KRW"}}
            report = self.operate("POST", "/admin/v1/products", (json.dumps(product) + "\n").encode())
            with self.subTest(text=text, answer=report.text[:200]):
                self.assertEqual(report.status, 200)
                if report.json["refused"]:
                    continue
                taken += 1
                stored = call(self.shop.admin_url + "/admin/v1/products/p",
                              headers={"Authorization": f"Bearer {self.shop.token}"}).json
                self.assertEqual(stored["name"].get("en"), text)
                self.assertEqual(stored["description"].get("ko"), text)
        self.assertGreater(taken, 300)
        self.assert_alive()

    def test_naughty_strings_in_paths_queries_and_headers_are_never_a_fault_of_the_server(self):
        for text in naughty_strings():
            segment = urllib.parse.quote(text, safe="")
            for path in (f"/api/v1/products/{segment}", f"/api/v1/orders/{segment}", f"/api/v1/sales/{segment}/line",
                         f"/api/v1/products?q={segment}", f"/api/v1/products?category={segment}&cursor={segment}",
                         f"/api/v1/suggestions?q={segment}", f"/problems/{segment}", f"/api/v1/orders?cursor={segment}"):
                answer = self.get(path)
                with self.subTest(path=path, answer=answer.text[:200]):
                    self.assertIn(answer.status, (200, 400, 404, 414))
        for text in naughty_strings():
            if not text.isascii() or not text.isprintable() or text != text.strip():
                continue  # the client would not send it
            for name in ("X-Ticket", "X-Admission", "Authorization", "Cookie", "traceparent", "Accept-Encoding", "If-None-Match"):
                answer = call(self.shop.url + "/api/v1/products/mug", headers={name: text})
                with self.subTest(header=name, text=text):
                    self.assertIn(answer.status, (200, 304, 400, 431))
        self.assert_alive()


if __name__ == "__main__":
    main()
