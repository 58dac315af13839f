"""The storefront's pages over the real server: whole in three languages, hostile texts stay texts, sizes stay small."""

import datetime
import html.parser
import json
import re
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from shop import ShopTest, main

LANGUAGES = ("ko", "ja", "en")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LINE_BYTES_MAX = 15_000
PRODUCT_COMPRESSED_BYTES_MAX = 60_000
HOSTILE = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'-alert(1)-'", "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>", "<!--", "]]>", "javascript:alert(1)", "&lt;b&gt;", "{{7*7}}", "${7*7}",
    "\u2028alert(1)\u2029", "<svg/onload=alert(1)>", "a\" autofocus onfocus=\"alert(1)", "\u202eevil", "</textarea><x>",
]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Page:
    def __init__(self, url, **headers):
        request = urllib.request.Request(url, headers={"Accept": "text/html", **{k.replace("_", "-"): v for k, v in headers.items()}})
        opener = urllib.request.build_opener(NoRedirect)
        try:
            response = opener.open(request, timeout=15)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            self.status, self.headers, self.bytes = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.bytes.decode()


class Whole(html.parser.HTMLParser):
    """Every element ends where it should, and what may not be in a page is not there."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.faults, self.stack, self.ids, self.texts, self.links = [], [], set(), [], []
        self.headings, self.labels, self.fields, self.json_ld, self.lang, self.assets = 0, set(), [], [], None, []
        self.feed(text)
        self.close()
        if self.stack:
            self.faults.append(f"open at the end: {self.stack}")
        for field in self.fields:
            if field.get("type") in ("hidden", "radio", "checkbox") or field.get("aria-label") or field.get("id") in self.labels:
                continue
            self.faults.append(f"no label: {field}")

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        have = dict(attributes)
        if len(set(names)) != len(names):
            self.faults.append(f"an attribute twice: {attributes}")
        for name, value in attributes:
            if name.startswith("on") or name == "style":
                self.faults.append(f"inline {name} in <{tag}>")
            if name in ("href", "src", "action") and not re.match(r"(/(?!/)|#|\?|https?://|mailto:)", value or ""):
                self.faults.append(f"{name}={value}")
        if "id" in have:
            if have["id"] in self.ids:
                self.faults.append(f"id twice: {have['id']}")
            self.ids.add(have["id"])
        if tag == "script" and have.get("type") != "application/ld+json" and not (have.get("src") or "").startswith("/assets/"):
            self.faults.append(f"script: {attributes}")
        if tag in ("style", "iframe", "object", "x", "svg"):
            self.faults.append(f"<{tag}>")
        if tag == "img" and "alt" not in have:
            self.faults.append("a picture without alt")
        if tag == "a":
            self.links.append(have.get("href"))
        if tag in ("script", "link") and (have.get("src") or have.get("href") or "").startswith("/assets/"):
            self.assets.append(have.get("src") or have["href"])
        self.headings += tag == "h1"
        if tag == "label" and "for" in have:
            self.labels.add(have["for"])
        if tag in ("input", "select", "textarea"):
            self.fields.append(have)
        if tag == "html":
            self.lang = have.get("lang")
        if tag not in VOID:
            self.stack.append((tag, have.get("type")))

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1][0] != tag:
            self.faults.append(f"</{tag}> within {self.stack[-3:]}")
        else:
            self.stack.pop()

    def handle_data(self, text):
        if self.stack and self.stack[-1] == ("script", "application/ld+json"):
            self.json_ld.append(text)
        else:
            self.texts.append(text)


def in_seconds(seconds):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


class Pages(ShopTest):
    def setUp(self):
        super().setUp()
        self.shop = self.serve(self.directory)

    def product(self, sku, name, **more):
        record = {"sku": sku, "source": "test", "name": name if isinstance(name, dict) else {"en": name}, "category": [{"en": "Tests"}],
                  "price": {"amount": 12000, "currency": "KRW"}, "weight_g": 100, "stock": 40, **more}
        return self.shop.operate("POST", "/products", (json.dumps(record) + "\n").encode())

    def sale(self, name, sku, opens_in_s, line=True):
        return self.shop.operate("POST", "/sales", {
            "name": name, "opens_at": in_seconds(opens_in_s), "line": {"enabled": line},
            "items": [{"sku": sku, "units": 10, "price": {"amount_minor": 9000, "currency": "KRW"}}]})["id"]

    def get(self, path, **headers):
        return Page(self.shop.url + path, **headers)

    def whole(self, path, status=200, **headers):
        page = self.get(path, **headers)
        self.assertEqual(page.status, status, path)
        self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
        policy = page.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(page.headers["X-Content-Type-Options"], "nosniff")
        parsed = Whole(page.text)
        self.assertEqual(parsed.faults, [], path)
        self.assertEqual(parsed.headings, 1, path)
        return parsed

    def eventually(self, seen, within_s=10):
        deadline = time.monotonic() + within_s
        while not seen():
            self.assertLess(time.monotonic(), deadline, "it did not come")
            time.sleep(0.05)

    def test_every_page_is_whole_in_three_languages(self):
        self.product("mug", {"ko": "머그", "ja": "マグ", "en": "Mug"}, description={"en": "A mug.\nTwo lines & more."})
        self.product("bowl", {"ko": "그릇", "ja": "器", "en": "Bowl"})
        coming = self.sale({"ko": "곧", "ja": "まもなく", "en": "Soon"}, "mug", 3600)
        running = self.sale({"en": "Now"}, "bowl", -5, line=False)
        self.eventually(lambda: "/p/mug" in self.get("/search?q=mug&lang=en").text)
        titles = {}
        for language in LANGUAGES:
            for path in ("/", "/search", "/search?q=mug", "/search?q=zzzzqqqq", "/c/Tests", "/c/Tests?sort=price&price_min=100",
                         "/p/mug", "/p/bowl", f"/sales/{coming}", f"/sales/{running}", f"/line/{coming}"):
                with self.subTest(path=path, language=language):
                    parsed = self.whole(path + ("&" if "?" in path else "?") + "lang=" + language)
                    self.assertEqual(parsed.lang, language)
                    titles.setdefault(path, set()).add("".join(parsed.texts)[:200])
            for path in ("/none", "/p/none", "/c/None", "/sales/none", "/line/none"):
                with self.subTest(path=path, language=language):
                    self.whole(path + "?lang=" + language, status=404)
        for path, seen in titles.items():
            self.assertEqual(len(seen), 3, f"{path} is the same in two languages")

    def test_hostile_texts_stay_texts(self):
        for i, text in enumerate(HOSTILE):
            self.product(f"h{i}", {"en": text, "ko": text + " 한"}, description={"en": text, "ko": text},
                         category=[{"en": f"C{i} {text}"}])
        sale = self.sale({"en": HOSTILE[0], "ko": HOSTILE[3]}, "h1", 3600)
        self.eventually(lambda: f"/p/h{len(HOSTILE) - 1}" in self.get("/search?sort=newest").text)
        for language in LANGUAGES:
            for i, text in enumerate(HOSTILE):
                with self.subTest(text=text, language=language):
                    parsed = self.whole(f"/p/h{i}?lang={language}")
                    described = json.loads(parsed.json_ld[0])
                    self.assertEqual(described["name"], text + " 한" if language == "ko" else text)
                    self.assertIn(text, " ".join(parsed.texts))
                    self.whole(f"/search?q={urllib.parse.quote(text)}&lang={language}")
            for path in ("/?", "/search?", f"/sales/{sale}?"):
                self.whole(f"{path}lang={language}")

    def test_texts_of_an_address_stay_texts(self):
        for text in HOSTILE:
            quoted = urllib.parse.quote(text, safe="")
            for path in (f"/search?q={quoted}&category={quoted}&cursor={quoted}&sort={quoted}&price_min={quoted}", f"/{quoted}",
                         f"/p/{quoted}", f"/c/{quoted}", f"/sales/{quoted}", f"/line/{quoted}"):
                page = self.get(path)
                with self.subTest(path=path):
                    self.assertIn(page.status, (200, 404))
                    self.assertEqual(Whole(page.text).faults, [])

    def test_pages_are_small(self):
        self.product("mug", "Mug", description={"en": "A mug. " * 50})
        sale = self.sale({"en": "Sale"}, "mug", 3600)
        self.eventually(lambda: self.get(f"/line/{sale}").status == 200)
        for language in LANGUAGES:
            line = self.get(f"/line/{sale}?lang={language}")
            total = len(line.bytes) + sum(len(self.get(asset).bytes) for asset in Whole(line.text).assets)
            self.assertLess(total, LINE_BYTES_MAX, "the line's page with everything, not compressed")
            product = self.whole(f"/p/mug?lang={language}")
            sent = len(self.get(f"/p/mug?lang={language}", Accept_Encoding="br").bytes)
            sent += sum(len(self.get(asset, Accept_Encoding="br").bytes) for asset in product.assets)
            self.assertLess(sent, PRODUCT_COMPRESSED_BYTES_MAX)

    def test_the_language_is_that_of_the_address_else_the_cookie_else_the_browser(self):
        self.assertEqual(Whole(self.get("/").text).lang, "ko")
        self.assertEqual(Whole(self.get("/", Accept_Language="ja,en;q=0.5").text).lang, "ja")
        switched = self.get("/?lang=en", Accept_Language="ja")
        self.assertEqual(Whole(switched.text).lang, "en")
        self.assertIn("md_lang=en", switched.headers["Set-Cookie"])
        kept = self.get("/", Accept_Language="ja", Cookie="md_lang=en")
        self.assertEqual(Whole(kept.text).lang, "en")
        self.assertIsNone(kept.headers["Set-Cookie"])
        self.assertIn("Cookie", ", ".join(kept.headers.get_all("Vary")))
        self.assertNotIn("Cookie", ", ".join(self.get("/?lang=en", Cookie="md_lang=en").headers.get_all("Vary")))

    def test_a_changed_product_is_shown_changed(self):
        self.product("mug", "Old name")
        self.assertIn("Old name", self.get("/p/mug?lang=en").text)
        self.product("mug", "New name")
        self.eventually(lambda: "New name" in self.get("/p/mug?lang=en").text, 2)

    def test_what_is_looked_at_becomes_popular(self):
        for i in range(6):
            self.product(f"good-{i}", f"Good {i}")
            self.assertEqual(self.get(f"/p/good-{i}").status, 200)
        self.eventually(lambda: "Popular right now" in self.get("/?lang=en").text)

    def test_failures_are_pages_for_browsers_and_problems_for_programs(self):
        page = self.get("/none", Accept_Language="en")
        self.assertIn("We cannot find that page", page.text)
        program = self.get("/none", Accept="application/json")
        self.assertEqual(program.headers["Content-Type"], "application/problem+json")
        api = self.get("/api/v1/products/none")
        self.assertEqual(api.headers["Content-Type"], "application/problem+json")

    def test_search_engines_find_every_product_that_is_shown(self):
        for i in range(5):
            self.product(f"good-{i}", f"Good {i}")
        self.product("secret", "Secret")
        self.shop.operate("PATCH", "/products/secret", {"hidden": True})
        self.eventually(lambda: "/p/good-4" in self.get("/search?sort=newest").text)
        self.assertIn("Sitemap: ", self.get("/robots.txt").text)

        def listed():
            parts = re.findall(r"<loc>[^<]*?(/sitemap/[^<]+)</loc>", self.get("/sitemap.xml").text)
            return re.findall(r"<loc>([^<]+)</loc>", "".join(self.get(part).text for part in parts))
        self.eventually(lambda: any(address.endswith("/p/good-4") for address in listed()))
        addresses = listed()
        for i in range(5):
            self.assertEqual(sum(address.endswith(f"/p/good-{i}") for address in addresses), 1)
        self.assertFalse(any(address.endswith("/p/secret") for address in addresses))
        self.assertEqual(self.get("/p/secret").status, 404)
        self.assertTrue(any(address.endswith("/c/Tests") for address in addresses))
        product = self.get("/p/good-1?lang=ja").text
        self.assertIn('hreflang="x-default"', product)
        self.assertIn('property="og:title"', product)
        self.assertEqual(json.loads(Whole(product).json_ld[0])["offers"]["price"], "12000")
        self.assertEqual(self.get("/sitemap/x.xml").status, 404)

    def test_a_sale_says_what_can_be_done(self):
        self.product("mug", "Mug")
        self.product("bowl", "Bowl")
        lined = self.sale({"en": "Lined"}, "mug", 3600)
        free = self.sale({"en": "Free"}, "bowl", 3600, line=False)
        self.eventually(lambda: self.get(f"/line/{lined}").status == 200 and self.get(f"/sales/{free}").status == 200)
        self.assertIn("Join the line", self.get(f"/sales/{lined}?lang=en").text)
        offer = json.loads(Whole(self.get("/p/mug?lang=en").text).json_ld[0])["offers"]
        self.assertEqual((offer["price"], offer["availability"]), ("9000", "https://schema.org/PreOrder"))
        self.assertTrue(offer["url"].endswith(f"/sales/{lined}"))
        self.assertRegex(self.get(f"/sales/{free}?lang=en").text, r"<button[^>]* disabled[^>]*>Buy now")
        self.shop.operate("POST", f"/sales/{free}/state", {"state": "open"})
        self.eventually(lambda: re.search(r"<button(?![^>]* disabled)[^>]*>Buy now", self.get(f"/sales/{free}?lang=en").text))
        self.assertEqual(self.get(f"/line/{free}").status, 303)
        self.eventually(lambda: json.loads(Whole(self.get("/p/bowl?lang=en").text).json_ld[0])["offers"]["availability"]
                        == "https://schema.org/InStock")
        self.shop.operate("POST", f"/sales/{free}/state", {"state": "closed"})
        self.eventually(lambda: "This sale is over" in self.get(f"/sales/{free}?lang=en").text)
        self.eventually(lambda: "Lined" in self.get("/?lang=en").text and "Free" not in self.get("/?lang=en").text)


if __name__ == "__main__":
    main()
