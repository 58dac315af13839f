"""Attacks on who somebody is, against the real server: forged tickets, admissions, sessions and cookies; requests that another
site's page sends (every unsafe route, as the routes themselves say); guessing; and telling accounts apart by text or time."""

import base64
import datetime
import hmac
import http.client
import json
import pathlib
import random
import re
import statistics
import struct
import time
import unittest
import urllib.parse

from shop import ADDRESS, ShopTest, call, main

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src" / "http"
PASSWORD = "a long enough passphrase"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Open to anybody, so that a page of another site could send them; and why that does no harm.
OPEN_TO_ALL = {
    "signUp": "acts for nobody: what it leads to is a mail to the address",
    "verifyAccount": "the secret is in the body", "completePasswordReset": "the secret is in the body",
    "askPasswordReset": "acts for nobody; limited by mailbox",
    "logIn": "refused when another site's page sends it",
    "setBasketLine": "checked like a form", "removeBasketLine": "checked like a form",
    "operatorLogIn": "refused when another site's page sends it",
}
# A spread that people's networks drown: what an attacker could tell from the medians of this many tries each.
TRIES = 40
MEDIANS_APART_MAX = 0.25
MEDIANS_APART_S = 0.005


def sources():
    return [path for path in (SOURCES / "pages").glob("*.cpp") if not path.name.endswith("_test.cpp")]


def forms():
    """Every address that takes a form, from the routes as the program has them."""
    addresses = []
    for path in sources():
        text = path.read_text()
        found = re.findall(r'Method::(?:post|put|patch|del),\s*"([^"]+)"', text)
        assert len(found) == len(re.findall(r"Method::(?:post|put|patch|del)\b", text)), f"{path.name} has a route in another form"
        addresses += found
    return addresses


def send(url, method, body=None, headers=None, source="127.0.0.1"):
    """(status, headers, body) from an address of one's own choice on this machine; follows nothing."""
    address = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20, source_address=(source, 0))
    try:
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        connection.request(method, address.path + ("?" + address.query if address.query else ""), data, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def reason(body):
    try:
        return json.loads(body)["type"].rsplit("/", 1)[-1]
    except (ValueError, KeyError):
        return ""


def tampered(secret):
    """Every character changed, every bit of it where that stays printable, cuts, additions, swaps, other encodings."""
    for i, character in enumerate(secret):
        for bit in range(7):
            other = chr(ord(character) ^ 1 << bit)
            if other.isalnum() or other in "-_":
                yield secret[:i] + other + secret[i + 1:]
    for cut in range(len(secret)):
        yield secret[:cut]
    for more in ("A", "=", "==", "%00", ".", "AAAA"):
        yield secret + more
        yield more + secret
    yield secret[::-1]
    yield secret.swapcase()
    yield secret + secret
    yield secret.replace("-", "+").replace("_", "/") if "-" in secret or "_" in secret else secret + "+"
    for blank in ("A" * len(secret), "null", "undefined", "true", "0", "{}", "*", "%", "_", "' OR 1=1 --", "../" + secret):
        yield blank


class HostileSecrets(ShopTest):
    def setUp(self):
        super().setUp()
        self.shop = self.serve(self.directory)
        self.shop.stock_up("mug", 1000)
        self.operator = {"Authorization": f"Bearer {self.shop.token}"}

    # --- forging ---

    def sale(self, sku, name, admission_valid_s=300):
        now = datetime.datetime.now(datetime.timezone.utc)
        at = lambda seconds: (now + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.shop.stock_up(sku, 50, 900)
        return self.shop.operate("POST", "/sales", {
            "name": {"en": name}, "opens_at": at(1), "closes_at": at(600),
            "items": [{"sku": sku, "units": 20, "price": {"amount_minor": 900, "currency": "KRW"}, "limit_per_customer": 5}],
            "line": {"enabled": True, "admission_valid_s": admission_valid_s}})["id"]

    def until(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            result = condition()
            if result:
                return result
            time.sleep(0.05)
        self.fail("it did not come about")

    def join(self, shop, sale, shopper):
        return self.until(lambda: (call(f"{shop.url}/api/v1/sales/{sale}/line", "POST", headers={
            "Authorization": f"Bearer {shopper['token']}"}).json or {}).get("ticket"))

    def admission(self, shop, sale, ticket):
        return self.until(lambda: (call(f"{shop.url}/api/v1/sales/{sale}/line", headers={"X-Ticket": ticket}).json or {}).get("admission"))

    def order(self, sale, sku, shopper, admission, key):
        return call(self.shop.url + "/api/v1/orders", "POST", {
            "currency": "KRW", "address": ADDRESS, "sale": sale, "lines": [{"sku": sku, "quantity": 1, "unit_price_minor": 900}]},
            {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": key, "X-Admission": admission})

    def test_no_ticket_and_no_admission_but_the_shops_own_for_this_sale_and_shopper_is_taken(self):
        first, second = self.sale("rush", "Rush"), self.sale("crush", "Crush")
        mina, juno = self.shop.shoppers(2)
        other_shop = self.serve(self.directory / "other")
        ticket = self.join(self.shop, first, mina)
        line = f"{self.shop.url}/api/v1/sales/{first}/line"
        forged = list(tampered(ticket)) + [self.join(self.shop, second, mina)]
        self.assertGreater(len(forged), 300)
        for text in forged:
            if not text.isascii() or not text.isprintable():
                continue
            for method in ("GET", "DELETE"):
                answer = call(line, method, headers={"X-Ticket": text, "Authorization": f"Bearer {mina['token']}"})
                self.assertEqual((answer.status, answer.reason), (400, "invalid-ticket"), text)
        answer = call(line, "DELETE", headers={"X-Ticket": ticket, "Authorization": f"Bearer {juno['token']}"})
        self.assertNotEqual(answer.status, 204, "somebody else's place was given up")

        admission = self.admission(self.shop, first, ticket)
        self.assertEqual(self.order(first, "rush", mina, admission, "good").status, 201)
        refused = list(tampered(admission)) + [ticket, self.admission(self.shop, second, self.join(self.shop, second, mina))]
        for i, text in enumerate(text for text in refused if text.isascii() and text.isprintable()):
            answer = self.order(first, "rush", mina, text, f"forged-{i}")
            self.assertEqual((answer.status, answer.reason), (403, "not-admitted"), text)
        fresh = self.admission(self.shop, first, self.join(self.shop, first, juno))
        self.assertEqual(self.order(first, "rush", mina, fresh, "juno's").reason, "not-admitted")
        third = self.sale("short", "Short", admission_valid_s=5)
        short = self.admission(self.shop, third, self.join(self.shop, third, juno))
        time.sleep(5.2)
        self.assertEqual(self.order(third, "short", juno, short, "expired").reason, "not-admitted")

        # Another shop, another key: the same names, signed by somebody else.
        shopper = other_shop.shoppers(1)[0]
        other_shop.stock_up("mug", 5)
        answer = call(self.shop.url + "/api/v1/me", headers={"Authorization": f"Bearer {shopper['token']}"})
        self.assertEqual(answer.status, 401)

    def test_no_session_and_no_visitors_cookie_but_the_shops_own_is_taken(self):
        mina = self.shop.shoppers(1)[0]
        me = self.shop.url + "/api/v1/me"
        self.assertEqual(call(me, headers={"Authorization": f"Bearer {mina['token']}"}).status, 200)
        tried = 0
        for text in tampered(mina["token"]):
            if not text.isascii() or not text.isprintable():
                continue
            for headers in ({"Authorization": f"Bearer {text}"}, {"Cookie": f"md_session={text}"}):
                self.assertEqual(call(me, headers=headers).status, 401, text)
                tried += 1
        self.assertGreater(tried, 500)
        for text in tampered(self.shop.token):
            if text.isascii() and text.isprintable():
                for headers in ({"Authorization": f"Bearer {text}"}, {"Cookie": f"md_operator={text}"}):
                    self.assertEqual(call(self.shop.admin_url + "/admin/v1/sales", headers=headers).status, 401, text)
        self.assertEqual(call(self.shop.admin_url + "/admin/v1/sales", headers={"Authorization": f"Bearer {mina['token']}"}).status, 401)

        status, headers, _ = send(self.shop.url + "/api/v1/basket/lines/mug", "PUT", {"quantity": 3})
        self.assertEqual(status, 200)
        guest = re.search(r"md_guest=([^;]+)", " ".join(headers.get_all("Set-Cookie")))[1]
        basket = self.shop.url + "/api/v1/basket"
        self.assertEqual(call(basket, headers={"Cookie": f"md_guest={guest}"}).json["units"], 3)
        for text in tampered(guest):
            if text.isascii() and text.isprintable() and ";" not in text:
                self.assertEqual(call(basket, headers={"Cookie": f"md_guest={text}"}).json["units"], 0, text)

    # --- requests that another site's page sends ---

    def operations(self, url):
        document = call(url + "/openapi.json").json
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), re.sub(r"\{\w+\}", "x", path), operation

    def test_no_unsafe_route_acts_for_a_cookie_without_its_csrf_token(self):
        mina, juno = self.shop.shoppers(2)
        operator = self.operator_cookie()
        checked = 0
        for url, cookie, other in ((self.shop.url, f"md_session={mina['token']}", juno["csrf_token"]),
                                   (self.shop.admin_url, operator, mina["csrf_token"])):
            for method, path, operation in self.operations(url):
                if method not in UNSAFE:
                    continue
                name = operation["operationId"]
                open_to_all = "security" not in operation
                self.assertEqual(open_to_all, name in OPEN_TO_ALL, f"{name}: may another site's page send it?")
                if open_to_all and "checked like a form" not in OPEN_TO_ALL[name]:
                    continue
                for extra in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": "guess"}, {"X-CSRF-Token": other}):
                    body = {"quantity": 1} if name == "setBasketLine" else {} if "requestBody" in operation else None
                    headers = {"Cookie": cookie, "Idempotency-Key": "k", "Content-Type": "text/plain", "Origin": "https://evil.example"}
                    status, _, text = send(url + path, method, body, headers | extra)
                    self.assertEqual((status, reason(text)), (403, "csrf-token-wrong"), f"{name} {extra}")
                checked += 1
        self.assertGreater(checked, 30)
        for url, body in ((self.shop.url + "/api/v1/sessions", {"email": "a@example.org", "password": PASSWORD}),
                          (self.shop.admin_url + "/admin/v1/sessions", {"name": "admin", "password": PASSWORD})):
            status, _, text = send(url, "POST", body, {"Sec-Fetch-Site": "cross-site"})
            self.assertEqual((status, reason(text)), (403, "cross-site"))

    def operator_cookie(self):
        self.shop.operate("POST", "/operators", {"name": "nora", "role": "owner", "password": PASSWORD})
        status, headers, _ = send(self.shop.admin_url + "/admin/v1/sessions", "POST", {"name": "nora", "password": PASSWORD})
        self.assertEqual(status, 201)
        self.assertIn("SameSite=Strict", headers["Set-Cookie"])
        self.assertIn("HttpOnly", headers["Set-Cookie"])
        return headers["Set-Cookie"].split(";")[0]

    def test_no_form_acts_for_a_cookie_when_another_sites_page_sends_it(self):
        mina = self.shop.shoppers(1)[0]
        order = self.shop.order(mina, "one", "mug").json["order"]
        before = self.state(mina, order)
        addresses = forms()
        self.assertGreater(len(addresses), 10)
        fields = urllib.parse.urlencode({"sku": "mug", "quantity": "2", "email": "a@example.org", "password": PASSWORD, "token": "t",
                                         "method": "card", "reason": "r", "key": "k", **ADDRESS})
        for address in addresses:
            path = address.replace("{order}", order)
            for extra in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
                          {"Origin": "null"}, {}):
                if not extra and address in ("/log-in", "/sign-up"):
                    continue  # no browser at all: what it does, it does with a password of its own
                status, headers, body = send(self.shop.url + path, "POST", fields, {
                    "Cookie": f"md_session={mina['token']}", "Content-Type": "application/x-www-form-urlencoded"} | extra)
                with self.subTest(path=path, extra=extra):
                    self.assertNotIn("md_session=", " ".join(headers.get_all("Set-Cookie") or []), "logged in or out")
                    self.assertLess(status, 500)
                    self.assertEqual(self.state(mina, order), before)

    def state(self, shopper, order):
        headers = {"Authorization": f"Bearer {shopper['token']}"}
        basket = call(self.shop.url + "/api/v1/basket", headers=headers).json
        orders = call(self.shop.url + "/api/v1/orders", headers=headers).json
        return basket["units"], [(one["order"], one["state"]) for one in orders["items"]], call(
            self.shop.url + "/api/v1/me", headers=headers).status

    # --- guessing ---

    def sign_up(self, email):
        status, _, _ = send(self.shop.url + "/api/v1/accounts", "POST", {"email": email, "password": PASSWORD})
        self.assertEqual(status, 202)

    def log_in(self, email, password, source):
        status, headers, _ = send(self.shop.url + "/api/v1/sessions", "POST", {"email": email, "password": password}, source=source)
        return status, headers

    def test_guessing_is_stopped_and_the_owner_gets_in_all_the_same(self):
        self.sign_up("owner@example.org")
        self.assertEqual(self.log_in("owner@example.org", PASSWORD, "127.0.0.9")[0], 201)
        statuses = [self.log_in("owner@example.org", f"guess number {i}", "127.0.0.2")[0] for i in range(15)]
        self.assertEqual(statuses.count(401), 10)
        self.assertEqual(self.log_in("owner@example.org", PASSWORD, "127.0.0.2")[0], 429, "not even with the right one")
        self.assertEqual(self.log_in("owner@example.org", PASSWORD, "127.0.0.3")[0], 201)
        wrong = sum(self.log_in("owner@example.org", f"guess {i}", f"127.0.1.{i % 40 + 1}")[0] == 401 for i in range(130))
        self.assertLessEqual(wrong, 100)
        status, headers = self.log_in("owner@example.org", PASSWORD, "127.0.0.77")
        self.assertEqual(status, 429)
        self.assertGreater(int(headers["Retry-After"]), 0)
        self.assertEqual(self.log_in("owner@example.org", PASSWORD, "127.0.0.9")[0], 201)

    def test_codes_of_the_second_factor_work_once_and_guessing_them_is_stopped(self):
        cookie = self.operator_cookie()
        bearer = {"Authorization": "Bearer " + cookie.split("=", 1)[1]}
        admin = self.shop.admin_url + "/admin/v1"
        begun = call(admin + "/operators/me/totp", "POST", headers=bearer).json
        now = time.time()
        self.assertEqual(call(admin + "/operators/me/totp/confirm", "POST", {"code": totp(begun["secret"], now)}, bearer).status, 200)

        def log_in(code):
            return call(admin + "/sessions", "POST", {"name": "nora", "password": PASSWORD, "totp": code})

        self.assertEqual(log_in(totp(begun["secret"], now)).reason, "totp-wrong", "used up by the confirmation")
        following = totp(begun["secret"], now + 30)
        self.assertEqual(log_in(following).status, 201)
        self.assertEqual(log_in(following).reason, "totp-wrong", "used up by the log-in")
        seen = [log_in(f"{i:06}").status for i in range(8)]
        self.assertIn(429, seen)
        self.assertNotIn(201, seen)

    # --- telling accounts apart ---

    def test_known_and_unknown_addresses_are_answered_alike_in_text_and_time(self):
        known = [f"known-{i}@example.org" for i in range(TRIES)]
        for email in known:
            self.sign_up(email)
        asks = {
            "sign-up": lambda email: ("/api/v1/accounts", {"email": email, "password": PASSWORD}),
            "log-in": lambda email: ("/api/v1/sessions", {"email": email, "password": "not the right one"}),
            "reset": lambda email: ("/api/v1/password-resets", {"email": email}),
        }
        for name, ask in asks.items():
            took = {True: [], False: []}
            answers = {True: set(), False: set()}
            order = [(True, email) for email in known] + [(False, f"new-{name}-{i}@example.org") for i in range(TRIES)]
            random.Random(7).shuffle(order)
            for is_known, email in order:
                path, body = ask(email)
                # An address of its own for each, so that no throttle gets in between.
                source = f"127.{random.Random(email + name).randrange(3, 200)}.{random.Random(email).randrange(1, 250)}.1"
                begun = time.perf_counter()
                status, headers, text = send(self.shop.url + path, "POST", body, source=source)
                took[is_known].append(time.perf_counter() - begun)
                answers[is_known].add((status, text, tuple(sorted(header for header in headers if header != "traceparent"))))
            self.assertEqual(answers[True], answers[False], name)
            self.assertEqual(len(answers[True]), 1)
            medians = {is_known: statistics.median(times) for is_known, times in took.items()}
            apart = abs(medians[True] - medians[False]) / max(medians.values())
            print(f"{name}: known {medians[True] * 1000:.2f} ms, unknown {medians[False] * 1000:.2f} ms, {apart:.1%} apart")
            if abs(medians[True] - medians[False]) > MEDIANS_APART_S:
                self.assertLess(apart, MEDIANS_APART_MAX, f"{name}: {medians}")


def totp(secret, at):
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", int(at) // 30), "sha1").digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


if __name__ == "__main__":
    main()
