"""The operators' console as a browser gets it: a page that allows nothing inline, with scripts that may be kept for ever."""

import re
import time
import urllib.request

import shop


def fetch(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as response:
        return response, response.read()


class Console(shop.ShopTest):
    def assets_of(self, page):
        return re.findall(rb'(?:src|href)="(/assets/[^"]+)"', page)

    def test_the_page_allows_nothing_inline_and_names_assets_that_are_there(self):
        server = self.serve(self.directory / "shop")
        response, page = fetch(server.admin_url + "/")
        policy = response.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(response.headers["X-Content-Type-Options"], "nosniff")
        self.assertNotRegex(page, rb"<script>|<style|\sstyle=|\son[a-z]+=")
        names = self.assets_of(page)
        self.assertEqual(len(names), 3, names)
        for name in names:
            for url in (server.admin_url, server.url):
                response, body = fetch(url + name.decode(), **{"Accept-Encoding": "br"})
                self.assertIn("immutable", response.headers["Cache-Control"])
                self.assertTrue(response.headers["ETag"])
                if len(body) > 1024:
                    self.assertEqual(response.headers["Content-Encoding"], "br")

    def test_the_console_stays_within_its_size(self):
        server = self.serve(self.directory / "shop")
        _, page = fetch(server.admin_url + "/")
        sent = sum(len(fetch(server.admin_url + name.decode(), **{"Accept-Encoding": "br"})[1]) for name in self.assets_of(page))
        self.assertLess(sent, 150_000)

    def test_scripts_of_an_earlier_version_are_served_after_an_upgrade(self):
        data = self.directory / "shop"
        first = self.serve(data)
        self.assertEqual(first.stop(), 0)
        (data / "assets" / "console.0123456789.js").write_text("earlier()")
        (data / "assets" / "notes.txt").write_text("no asset")
        second = self.serve(data)
        self.assertEqual(fetch(second.url + "/assets/console.0123456789.js")[1], b"earlier()")
        for name in ("notes.txt", "..%2Fmarketday.db", "%2e%2e/marketday.db", "console.js"):
            self.assertEqual(shop.call(f"{second.url}/assets/{name}").status, 404, name)

    def test_a_browser_without_a_word_of_the_icon_finds_it(self):
        server = self.serve(self.directory / "shop")
        response, body = fetch(server.url + "/favicon.ico")
        self.assertEqual(response.headers["Content-Type"], "image/svg+xml")
        self.assertIn(b"<svg", body)

    def test_an_order_shows_what_it_did_to_the_stock(self):
        server = self.serve(self.directory / "shop")
        for sku in ("lamp", "cup"):
            server.stock_up(sku, 5)
        shopper = server.shoppers(1)[0]
        bearer = {"Authorization": f"Bearer {shopper['token']}"}
        lines = [{"sku": "lamp", "quantity": 1, "unit_price_minor": 12000}, {"sku": "cup", "quantity": 2, "unit_price_minor": 12000}]
        placed = shop.call(server.url + "/api/v1/orders", "POST", {"currency": "KRW", "address": shop.ADDRESS, "lines": lines},
                           bearer | {"Idempotency-Key": "k"}).json
        order = placed["order"]
        shop.call(f"{server.url}/api/v1/orders/{order}/payment", "POST", {"method": "card", "token": "tok_ok"},
                  bearer | {"Idempotency-Key": "p"})
        server.operate("POST", f"/orders/{order}/refund", {"restock": True})
        entries = server.operate("GET", f"/orders/{order}/ledger")["items"]
        moved = sorted((entry["movement"], entry["sku"], entry["units"]) for entry in entries)
        self.assertEqual(moved, sorted((movement, sku, units) for movement in ("reserve", "sell", "restock")
                                       for sku, units in (("lamp", 1), ("cup", 2))))
        self.assertEqual([entry["sequence"] for entry in entries], sorted(entry["sequence"] for entry in entries))
        self.assertIn(placed["receipt"]["hash"], [entry["hash"] for entry in entries])
        bearer = {"Authorization": f"Bearer {server.token}"}
        nobody = f"{server.admin_url}/admin/v1/orders/{shopper['customer']}/ledger"
        self.assertEqual(shop.call(nobody, headers=bearer).status, 404)
        self.assertEqual(shop.call(nobody).status, 401)

    def test_the_proof_of_a_draw_stands_on_the_operators_address(self):
        server = self.serve(self.directory / "shop")
        server.stock_up("lamp", 5)
        sale = server.operate("POST", "/sales", {
            "name": {"en": "Lamps"}, "opens_at": "2030-01-01T00:00:00Z", "line": {"enabled": True, "draw": True},
            "items": [{"sku": "lamp", "units": 5, "price": {"amount_minor": 9000, "currency": "KRW"}}]})["id"]
        proof = server.operate("GET", f"/sales/{sale}/draw")
        self.assertRegex(proof["commitment"], "^[0-9a-f]{64}$")
        self.assertIsNone(proof["secret"], "told after the sale only")
        bearer = {"Authorization": f"Bearer {server.token}"}
        for other in (sale[:-1] + ("0" if sale[-1] != "0" else "1"), "no-sale"):
            self.assertEqual(shop.call(f"{server.admin_url}/admin/v1/sales/{other}/draw", headers=bearer).status, 404)

    def test_goods_are_found_by_words_and_by_sku_hidden_ones_too(self):
        server = self.serve(self.directory / "shop")
        for sku in ("lamp", "lamp-shade", "cup"):
            server.stock_up(sku, 3)
        deadline = time.monotonic() + 10
        while (found := server.operate("GET", "/products/search?q=lamp")["items"]) == [] or len(found) < 2:
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.1)
        self.assertEqual({item["sku"] for item in found}, {"lamp", "lamp-shade"})
        self.assertEqual(found[0]["sku"], "lamp", "the SKU itself comes first")
        self.assertEqual(found[0]["stock"]["available"], 3)
        server.operate("PATCH", "/products/cup", {"hidden": True})
        self.assertEqual([item["sku"] for item in server.operate("GET", "/products/search?q=cup")["items"]], ["cup"])
        bearer = {"Authorization": f"Bearer {server.token}"}
        for wrong in ("q=lamp&limit=0", "q=lamp&cursor=none", "q=" + "x" * 201):
            self.assertEqual(shop.call(f"{server.admin_url}/admin/v1/products/search?{wrong}", headers=bearer).status, 400, wrong)


if __name__ == "__main__":
    shop.main()
