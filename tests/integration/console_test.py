"""The operators' console as a browser gets it: a page that allows nothing inline, with scripts that may be kept for ever."""

import re
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


if __name__ == "__main__":
    shop.main()
