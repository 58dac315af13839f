"""The crowd against a shop that speaks TLS: it buys, and it believes no certificate that it was not told of."""

import http.client
import json
import ssl
import subprocess

import shop


class CrowdOverTls(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.certificate, self.key = self.directory / "shop.pem", self.directory / "shop.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=shop.example", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", str(self.key), "-out", str(self.certificate)], check=True, capture_output=True)
        self.data = self.directory / "data"
        self.shop = self.serve(self.data, f"tls_cert={self.certificate}", f"tls_key={self.key}")
        self.assertTrue(self.shop.url.startswith("https://"), self.shop.url)
        self.shop.stock_up("cup", 1000)

    def test_browsers_are_told_to_come_by_tls_alone_and_cookies_are_for_tls(self):
        plain = self.serve(self.directory / "plain")
        # Something in front of it ends TLS.
        behind = self.serve(self.directory / "behind", "public_url=https://shop.example")
        trust = ssl.create_default_context(cafile=self.certificate)
        for server, secure in ((self.shop, True), (plain, False), (behind, True)):
            if server is not self.shop:
                server.stock_up("cup", 10)
            host = server.url.partition("://")[2]
            caller = http.client.HTTPSConnection(host, context=trust) if server is self.shop else http.client.HTTPConnection(host)
            caller.request("POST", "/basket", "sku=cup&quantity=1",
                           {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})
            answer = caller.getresponse()
            self.assertEqual(answer.status, 303, answer.read())
            self.assertEqual(answer.headers["Strict-Transport-Security"], "max-age=31536000" if secure else None)
            cookies = answer.headers.get_all("Set-Cookie")
            self.assertEqual(len(cookies), 2)
            for cookie in cookies:
                self.assertEqual("; Secure" in cookie, secure, cookie)
            caller.close()

    def crowd(self, *trust, shoppers=(), url=None):
        return shop.run("crowd", url or self.shop.url, "--data", self.data, "--sku", "cup", "--sale", "none", "--quiet",
                        "--json", *shoppers, *trust)

    def test_a_stream_of_orders_and_connections_that_come_anew(self):
        done = self.crowd("--tls-ca", self.certificate, shoppers=("--closed", "--seconds", 2, "--connections", 32))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual(summary["orders"]["acknowledged"], 1000)
        self.assertEqual((summary["orders"]["unknown"], summary["contradictions"]), (0, 0))
        self.audit(self.data)

    def test_an_unknown_certificate_is_refused_with_what_to_do(self):
        done = self.crowd()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("certificate is not believed", done.stderr)
        self.assertIn("--tls-ca", done.stderr)

    def test_a_certificate_for_another_name_is_refused(self):
        done = self.crowd("--tls-ca", self.certificate, url=self.shop.url.replace("127.0.0.1", "localhost"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("certificate is not believed", done.stderr)

    def test_unchecked_means_unchecked(self):
        done = self.crowd("--tls-unchecked", shoppers=("--closed", "--seconds", 1, "--connections", 4))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    shop.main()
