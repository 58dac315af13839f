"""Attacks by text, against the real server. Markup in every text that anybody can put into the shop: no page gets an element, an
attribute or an address of the attacker's from it. SQL through every parameter of every route, as the routes themselves say:
refused, or taken as the text that it is."""

import collections
import html.parser
import json
import re
import sqlite3
import unittest
import urllib.parse
import xml.etree.ElementTree as ET

from hostile_secrets_test import PASSWORD, send
from shop import ADDRESS, ShopTest, call, main

# Each tries to leave the place where a page might put it; what it leaves behind is named so that nothing else is.
MARKUP = [
    "<x-pwned>", "<x-pwned/>", "</title><x-pwned>", "</textarea><x-pwned>", "</script><x-pwned>", "</style><x-pwned>", "--><x-pwned>",
    "]]><x-pwned>", '"><x-pwned>', "'><x-pwned>", '" x-pwned="1', "' x-pwned='1", " x-pwned=1 ", "` x-pwned=1", '"/x-pwned="1',
    "</noscript><x-pwned>", "</select><x-pwned>", "</svg><x-pwned>", "<!--><x-pwned>", "<x-pwned", "<<x-pwned>>", "\"onx-pwned=1 ",
    "&lt;x-pwned&gt;", "&#60;x-pwned&#62;", "%3Cx-pwned%3E", "＜x-pwned＞", "<\u200bx-pwned>", "javascript:x_pwned()", "data:text/html,<x-pwned>",
    "//x-pwned.example", "\\\\x-pwned.example", "{{x_pwned}}", "${x_pwned}", "\u2028x_pwned()", "\"};x_pwned();//", "';x_pwned();//",
    "<img src=x onerror=x_pwned()>", "<svg/onload=x_pwned()>",
]
SQL = ["'", '"', "''", "`", "' OR '1'='1", "' OR 1=1 --", '" OR ""="', "1 OR 1=1", "'; DROP TABLE customers; --", "'; DELETE FROM orders; --",
       "' UNION SELECT 1,2,3,4,5,6,7,8 --", "') OR ('a'='a", "%' OR '%'='", "_%", "*", "/**/", "--", "#", "\\", "\\'", "x'00'", "0x31", "1e309",
       "-1", "0", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "999999999999999999999999", "NaN", "null", "true",
       "a\x00b", "\x00", "\ufffe", "' || (SELECT hex(randomblob(100000000))) || '", "randomblob(1000000000)", "sqlite_master", "{}", "[]",
       "MATCH 'a'", "\" NEAR \"", "A" * 5000]
TAUTOLOGIES = ["' OR '1'='1", "' OR 1=1 --", '" OR ""="', "') OR ('a'='a", "%' OR '%'='", "%", "_%", "*"]


class Page(html.parser.HTMLParser):
    """What a browser would make of a page, as far as attacks go."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults = []
        self.links = []
        self.script = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if "pwned" in tag:
            self.faults.append(f"element <{tag}>")
        self.script = dict(attributes) if tag == "script" else None
        for name, value in attributes:
            value = value or ""
            if "pwned" in name:
                self.faults.append(f"attribute {name} of <{tag}>")
            if name.startswith("on"):
                self.faults.append(f"handler {name} of <{tag}>")
            if name in ("href", "src", "action", "formaction", "poster", "srcset", "data", "style", "background", "cite") and re.match(
                    r"\s*(javascript|data|vbscript):", value, re.I):
                self.faults.append(f"address {value[:60]} in {name} of <{tag}>")
            if name in ("href", "src", "action", "formaction") and re.match(r"\s*(https?:)?[/\\]{2}x-pwned", value, re.I):
                self.faults.append(f"address {value[:60]} in {name} of <{tag}>")
            if name == "href" and tag == "a":
                self.links.append(value)

    def handle_data(self, data):
        if self.script is None:
            return
        kind = self.script.get("type", "")
        if kind.endswith("json"):
            json.loads(data)
        elif "x_pwned" in data or "x-pwned" in data:
            self.faults.append("in a script")

    def handle_endtag(self, tag):
        if tag == "script":
            self.script = None


def example(schema, named, text="x"):
    """A value that fits, as small as can be."""
    if "$ref" in schema:
        return example(named[schema["$ref"].rsplit("/", 1)[-1]], named, text)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example(schema[choice][0], named, text)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: example(member, named, text) for name, member in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}), named, text)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return True
    return {"uuid": "01900000-0000-7000-9000-000000000001", "date-time": "2030-01-01T00:00:00Z", "date": "2030-01-01"}.get(schema.get("format"), text)


def leaves(value, path=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, path + (name,))
    elif isinstance(value, list):
        for i, member in enumerate(value):
            yield from leaves(member, path + (i,))
    else:
        yield path


def replaced(value, path, text):
    if not path:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], text)
    return copy


class HostileTexts(ShopTest):
    def setUp(self):
        super().setUp()
        self.shop = self.serve(self.directory, "http.request_timeout_s=20")
        self.operator = {"Authorization": f"Bearer {self.shop.token}"}

    # --- markup ---

    def fill(self, text, number):
        """Puts the text into everything that takes it; what was taken, by name."""
        taken = collections.Counter()
        # Some texts are refused in some places; each place is tried alone, so that one refusal hides nothing.
        base = {"sku": f"x-{number}", "source": "test", "name": {"en": "n", "ko": "n", "ja": "n"}, "description": {"en": "d"},
                "category": [{"en": "C"}], "price": {"amount": 5, "currency": "KRW"}, "images": ["/images/a.webp"]}
        records = [("name", base | {"name": {"en": text, "ko": text, "ja": text}}),
                   ("description", base | {"sku": f"d-{number}", "description": {"en": text, "ko": text, "ja": text}}),
                   ("category", base | {"sku": f"c-{number}", "category": [{"en": text, "ko": text, "ja": text}, {"en": text}]}),
                   ("image", base | {"sku": f"i-{number}", "images": [text, "https://img.example/" + text]}),
                   ("source", base | {"sku": f"s-{number}", "source": text, "released": text}),
                   ("sku", base | {"sku": text})]
        for name, record in records:
            report = call(self.shop.admin_url + "/admin/v1/products", "POST", (json.dumps(record) + "\n").encode(), self.operator)
            self.assertEqual(report.status, 200, report.text)
            taken[name] += not report.json["refused"]
        for sku in (f"d-{number}", f"c-{number}"):
            self.shop.operate("POST", "/stock", {"sku": sku, "movement": "receive", "units": 9, "reason": text})
        sale = call(self.shop.admin_url + "/admin/v1/sales", "POST", {
            "name": {"en": text, "ko": text, "ja": text}, "opens_at": "2030-01-01T00:00:00Z", "closes_at": "2030-01-02T00:00:00Z",
            "items": [{"sku": f"c-{number}", "units": 1, "price": {"amount_minor": 1, "currency": "KRW"}}]}, self.operator)
        taken["sale"] += sale.status == 201
        self.assertIn(sale.status, (201, 400), sale.text)
        taken["operator"] += call(self.shop.admin_url + "/admin/v1/operators", "POST",
                                  {"name": text, "role": "viewer", "password": PASSWORD}, self.operator).status == 201
        for field in ("recipient", "line1", "line2", "city", "postal_code", "phone"):
            answer = call(self.shop.url + "/api/v1/orders", "POST", {
                "currency": "KRW", "address": ADDRESS | {field: text}, "lines": [{"sku": f"d-{number}", "quantity": 1, "unit_price_minor": 5}]},
                self.session | {"Idempotency-Key": f"k-{number}-{field}"})
            taken[field] += answer.status == 201
            if answer.status == 201:
                self.orders.append(answer.json["order"])
        return taken

    def pages(self, start, cookie):
        """Every page that is reached from these by links, this shop's own only."""
        seen, waiting = set(), list(start)
        while waiting and len(seen) < 1500:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            status, headers, body = send(self.shop.url + path, "GET", None, {"Cookie": cookie, "Accept": "text/html"})
            self.assertLess(status, 500, path)
            if not headers.get("Content-Type", "").startswith("text/html"):
                continue
            page = Page(body.decode())
            yield path, page
            for link in page.links:
                target = urllib.parse.urlsplit(urllib.parse.urljoin(self.shop.url + path, link))
                if target.netloc == urllib.parse.urlsplit(self.shop.url).netloc and target.path != "/log-out":
                    waiting.append(urllib.parse.quote(target.path, safe="/%") + ("?" + target.query if target.query else ""))

    def test_no_text_becomes_markup_on_any_page(self):
        shopper = self.shop.shoppers(1)[0]
        self.session = {"Authorization": f"Bearer {shopper['token']}"}
        self.orders = []
        taken = collections.Counter()
        start = ["/", "/basket", "/checkout", "/orders", "/log-in", "/sign-up", "/reset", "/verify"]
        for i, text in enumerate(MARKUP):
            taken += self.fill(text, i)
            quoted = urllib.parse.quote(text, safe="")
            send(self.shop.url + f"/api/v1/basket/lines/x-{i}", "PUT", {"quantity": 1}, self.session)
            start += [f"/search?q={quoted}", f"/search?q=n&category={quoted}&sort={quoted}&price_min={quoted}&cursor={quoted}", f"/c/{quoted}",
                      f"/{quoted}", f"/products/{quoted}", f"/orders/{quoted}", f"/log-in?next={quoted}", f"/sign-up?next=/{quoted}&said={quoted}",
                      f"/verify?token={quoted}", f"/reset?token={quoted}", f"/?lang={quoted}", f"/search?q={quoted}&lang=ja", f"/search?{quoted}={quoted}"]
        for name in ("name", "description", "category", "sale", "recipient", "line1", "line2", "city"):
            self.assertGreater(taken[name], 20, taken)
        start += [f"/orders/{order}" for order in self.orders[:60]] + [f"/orders/{order}/pay" for order in self.orders[:10]]
        showing = 0
        checked = collections.Counter()
        for path, page in self.pages(start, f"md_session={shopper['token']}"):
            self.assertEqual(page.faults, [], path)
            checked[urllib.parse.urlsplit(path).path.split("/")[1]] += 1
        showing = sum(checked.values())
        print(f"{showing} pages: {dict(checked.most_common(8))}; taken: {dict(taken)}")
        self.assertGreater(showing, 300)
        # What a form says again when it is refused.
        for path in ("/log-in", "/sign-up", "/reset", "/checkout"):
            for text in MARKUP:
                fields = urllib.parse.urlencode({name: text for name in ("email", "password", "next", "token", "recipient", "line1", "city", "key",
                                                                        "postal_code", "country", "phone", "line2", "sku", "quantity")} | {
                    "csrf_token": shopper["csrf_token"]})
                status, headers, body = send(self.shop.url + path, "POST", fields, {
                    "Cookie": f"md_session={shopper['token']}", "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"},
                    source=f"127.0.3.{MARKUP.index(text) + 1}")
                self.assertLess(status, 500)
                self.assertNotRegex(headers.get("Location", ""), r"^(\w+:|[/\\]{2})", "sent elsewhere")
                self.assertEqual(Page(body.decode()).faults, [], f"{path} {text}")
        for path in ("/sitemap.xml", "/robots.txt"):
            status, headers, body = send(self.shop.url + path, "GET")
            self.assertEqual(status, 200)
            if "xml" in headers["Content-Type"]:
                for element in ET.fromstring(body).iter():
                    self.assertNotIn("pwned", element.tag)
        # Everything else says what it is, so that no browser takes it for a page.
        for path in (f"/api/v1/products/x-0", "/api/v1/products?q=%3Cx-pwned%3E", "/api/v1/suggestions?q=%3Cx-pwned%3E", "/api/v1/sales", "/problems/%3Cx-pwned%3E"):
            _, headers, _ = send(self.shop.url + path, "GET", None, {"Accept": "*/*"})
            self.assertRegex(headers["Content-Type"], "json", path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)

    # --- SQL ---

    def stored(self):
        with sqlite3.connect(f"file:{self.directory}/marketday.db?mode=ro", uri=True) as database:
            tables = sorted(row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table','index','trigger','view')"))
            named = {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables
                     if name in ("customers", "sales", "products", "operators")}
        return tables, named

    def requests(self, url, credentials):
        """(name, method, path, query, body, headers, what is replaced) with every payload at every place, one at a time."""
        document = call(url + "/openapi.json").json
        named = document["components"]["schemas"]
        for template, methods in document["paths"].items():
            for method, operation in methods.items():
                name = operation["operationId"]
                if name in ("watchBoard", "getMetrics", "logOut", "operatorLogOut"):
                    continue  # an endless answer; an answer without parameters; the end of the session that asks
                parameters = operation.get("parameters", [])
                content = operation.get("requestBody", {}).get("content", {})
                body = example(content["application/json"]["schema"], named) if "application/json" in content else None
                segments = re.findall(r"\{(\w+)\}", template)
                places = [("path", segment) for segment in segments]
                places += [(one["in"], one["name"]) for one in parameters if one["in"] in ("query", "header")]
                places += [("body", path) for path in (leaves(body) if body is not None else ())]
                if not body and content:
                    places.append(("raw", ""))
                for place, which in places:
                    for text in SQL:
                        headers = dict(credentials) | {"Idempotency-Key": "k"}
                        path = re.sub(r"\{(\w+)\}", lambda found: urllib.parse.quote(text, safe="") if (place, which) == ("path", found[1]) else "x", template)
                        query = {which: text} if place == "query" else {}
                        sent = replaced(body, which, text) if place == "body" else text.encode() if place == "raw" else body
                        if place == "header":
                            if not text.isprintable() or not text.isascii() or text != text.strip():
                                continue
                            headers[which] = text
                        yield name, operation, method.upper(), path, query, sent, headers, (place, which, text)

    def test_sql_in_any_parameter_of_any_route_is_refused_or_is_only_text(self):
        self.shop.stock_up("canary", 7)
        shopper = self.shop.shoppers(1)[0]
        self.shop.order(shopper, "one", "canary")
        tables, before = self.stored()
        sent = collections.Counter()
        for url, credentials in ((self.shop.url, {"Authorization": f"Bearer {shopper['token']}"}), (self.shop.admin_url, self.operator)):
            for name, operation, method, path, query, body, headers, (place, which, text) in self.requests(url, credentials):
                address = url + path + ("?" + urllib.parse.urlencode(query) if query else "")
                sent[name] += 1
                # Addresses of their own, so that throttles see nobody twice.
                status, _, answer = send(address, method, body, headers, source=f"127.{sent.total() // 250 % 200 + 4}.0.{sent.total() % 250 + 1}")
                self.assertLess(status, 500, f"{name} {place} {which} {text[:40]!r}: {status} {answer[:300]}")
                self.assertTrue(str(status) in operation["responses"] or status in (400, 404, 413, 414, 431), f"{name}: {status}")
                if place == "query" and text in TAUTOLOGIES and which not in ("q", "limit", "email", "cursor") and status == 200:
                    found = json.loads(answer) if answer[:1] == b"{" else {}
                    if name.startswith("list") and which not in ("slow", "failed", "ordered"):
                        for item in found.get("items", []):
                            self.assertTrue(any(text in str(value) for value in item.values()), f"{name} {which} found what it does not name")
        print(f"{sent.total()} requests to {len(sent)} operations")
        self.assertGreater(len(sent), 70)
        self.assertGreater(sent.total(), 5000)
        now_tables, after = self.stored()
        self.assertEqual(now_tables, tables)
        for name, rows in before.items():
            self.assertGreaterEqual(after[name], rows, name)
        self.assertEqual(call(self.shop.url + "/api/v1/products/canary").json["name"]["en"], "canary")
        self.assertEqual(self.shop.order(shopper, "two", "canary").status, 201)
        self.assertEqual(self.shop.stop(), 0)
        self.audit(self.directory)


def reason_of(body):
    try:
        return json.loads(body)["type"].rsplit("/", 1)[-1]
    except (ValueError, KeyError, TypeError):
        return ""


if __name__ == "__main__":
    main()
