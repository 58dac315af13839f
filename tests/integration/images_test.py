"""Pictures of the goods: given by operators, shown to everybody, kept for ever by whoever saw them."""

import http.client
import pathlib
import shutil
import struct
import tempfile
import time
import unittest
import urllib.parse
import zlib

import shop
from bucket import Bucket

DEMO = pathlib.Path(__file__).resolve().parents[2] / "demo/images"


def png(width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + bytes((x ^ y) & 255 for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Images(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(self.directory / "shop", *self.settings())
        self.server.stock_up("mug", 5)

    def settings(self):
        """Where the pictures are kept."""
        return []

    def admin(self, method, path, body=None):
        return shop.call(self.server.admin_url + "/admin/v1/products" + path, method, body,
                         {"Authorization": f"Bearer {self.server.token}"})

    def fetch(self, path, **headers):
        """Without anybody tidying the path on the way."""
        where = urllib.parse.urlsplit(self.server.url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def until_finished(self, url, within_s=10):
        deadline = time.monotonic() + within_s
        while "immutable" not in self.fetch(url)[0].headers["Cache-Control"]:
            self.assertLess(time.monotonic(), deadline, "the worker has not made the picture")
            time.sleep(0.02)

    def test_a_picture_comes_in_three_widths_that_nobody_need_ask_for_twice(self):
        given = self.admin("POST", "/mug/images", png(900, 600))
        self.assertEqual(given.status, 201, given.text)
        url = given.json["url"]
        self.assertEqual(given.json["product"]["images"], [url])
        # It is shown at once, and in full as soon as it is made.
        self.assertEqual(self.fetch(url)[0].status, 200)
        self.until_finished(url)
        for width in (320, 640, 1280):
            answer, body = self.fetch(url.replace("-1280", f"-{width}"))
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Content-Type"], "image/webp")
            self.assertEqual(answer.headers["Cache-Control"], "public, max-age=31536000, immutable")
            self.assertEqual((body[:4], body[8:12]), (b"RIFF", b"WEBP"))
        again, _ = self.fetch(url, **{"If-None-Match": answer.headers["ETag"]})
        self.assertEqual(again.status, 304)
        public = shop.call(self.server.url + "/api/v1/products/mug").json
        self.assertEqual(public["images"], [url])
        self.assertEqual(self.admin("POST", "/mug/images", png(900, 600)).status, 200, "the same picture is there once")

    def test_pictures_are_cut_ordered_and_removed(self):
        first = self.admin("POST", "/mug/images?crop=100,100,300,300", png(900, 600)).json
        second = self.admin("POST", "/mug/images", png(400, 400)).json
        cut = self.admin("POST", f"/mug/images/{first['image']}/cut", {"crop": {"x": 0, "y": 0, "width": 50, "height": 50}})
        self.assertEqual(cut.status, 200, cut.text)
        self.assertEqual(cut.json["product"]["images"], [cut.json["url"], second["url"]])
        self.assertEqual(self.fetch(first["url"])[0].status, 404, "what it replaces is gone")
        turned = self.admin("PATCH", "/mug", {"images": [second["url"], cut.json["url"]]})
        self.assertEqual(turned.json["images"], [second["url"], cut.json["url"]])
        would = self.admin("DELETE", f"/mug/images/{second['image']}?dry_run=1").json["would"]
        self.assertEqual(would["images"], [cut.json["url"]])
        self.assertEqual(self.admin("DELETE", "/mug/images/0123456789abcdef?dry_run=1").status, 404)
        self.assertEqual(self.admin("DELETE", f"/mug/images/{second['image']}").json["images"], [cut.json["url"]])
        self.assertEqual(self.admin("DELETE", f"/mug/images/{second['image']}").status, 404)

    def test_an_import_that_says_nothing_of_pictures_removes_none(self):
        url = self.admin("POST", "/mug/images", png(40, 40)).json["url"]
        self.server.stock_up("mug", 5, price=15000)
        self.assertEqual(self.admin("GET", "/mug").json["images"], [url])

    def test_what_is_no_picture_is_refused_and_nothing_changes(self):
        for bytes_, status, reason in ((b"<svg xmlns='http://www.w3.org/2000/svg'/>", 400, "not-an-image"), (b"", 400, "not-an-image"),
                                       (png(40, 40)[:60], 400, "not-an-image"), (b"x" * (21 << 20), 413, "body-too-large")):
            answer = self.admin("POST", "/mug/images", bytes_)
            self.assertEqual((answer.status, answer.reason), (status, reason))
        self.assertEqual(self.admin("POST", "/nothing/images", png(4, 4)).status, 404)
        for crop in ("1,2,3", "0,0,50,50", "a,b,c,d", "0,0,0,0", "-1,0,5,5"):
            self.assertEqual(self.admin("POST", f"/mug/images?crop={crop}", png(40, 40)).status, 400, crop)
        self.assertEqual(self.admin("GET", "/mug").json["images"], [])

    def test_no_path_leads_out_of_the_pictures(self):
        url = self.admin("POST", "/mug/images", png(40, 40)).json["url"]
        name = url.rsplit("/", 1)[1]
        for path in ("/images/mug/../../secret.key", "/images/mug/..%2f..%2fsecret.key", "/images/%2e%2e/secret.key",
                     "/images/..%2fimages%2fmug/" + name, "/images/mug/%2e%2e%2fmug%2f" + name, "/images/mug/",
                     "/images/mug/" + name.replace("-1280.webp", "-original"), "/images/mug/" + name.replace("1280", "9999"),
                     "/images/mug%00/" + name, "/images/mug/" + name + "%00", "/images/" + "a" * 5000 + "/x"):
            self.assertIn(self.fetch(path)[0].status, (400, 404), path)

    def test_demo_pictures_are_imported_by_one_command(self):
        self.server.stock_up("demo-0061", 1)
        self.server.stock_up("demo-0021", 1)
        files = [DEMO / "demo-0061.webp", DEMO / "demo-0021.webp"]
        for expected in ("2 pictures added, 0 were there, 0 refused", "0 pictures added, 2 were there, 0 refused"):
            done = shop.run("product", "images", *files, "--data", self.server.data)
            self.assertEqual((done.returncode, done.stdout.strip()), (0, expected), done.stderr)
        missing = shop.run("product", "images", DEMO / "demo-0001.webp", "--data", self.server.data)
        self.assertEqual(missing.returncode, 2)

    @unittest.skipUnless(DEMO.exists(), "the demo's pictures")
    def test_every_good_of_the_demo_has_its_picture(self):
        skus = {f"demo-{number:04}" for number in range(1, 201)}
        self.assertEqual({file.stem for file in DEMO.glob("*.webp")}, skus)
        self.assertLess(sum(file.stat().st_size for file in DEMO.glob("*.webp")), 4 << 20)


class ImagesInABucket(Images):
    """All of it with the pictures kept over S3's API."""

    test_every_good_of_the_demo_has_its_picture = None  # whose files are the same

    @classmethod
    def setUpClass(cls):
        directory = tempfile.mkdtemp(prefix="marketday-bucket-")
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.bucket = Bucket(directory)
        cls.addClassCleanup(cls.bucket.kill)

    def settings(self):
        return self.bucket.settings(self.id().rsplit(".", 1)[-1])

    def test_every_process_shows_them_and_a_dead_bucket_is_said_to_be_dead(self):
        url = self.admin("POST", "/mug/images", png(900, 600)).json["url"]
        self.assertFalse((self.directory / "shop" / "images").exists())
        second = self.serve(self.directory / "second", *self.settings())
        self.until_finished(url)
        _, shown = self.fetch(url)
        self.bucket.kill()
        self.assertEqual(self.fetch(url)[1], shown, "what was shown is kept near")
        self.assertEqual(shop.call(second.url + url.replace("-1280", "-320")).status, 503)
        refused = self.admin("POST", "/mug/images", png(300, 200))
        self.assertEqual(refused.status, 503, refused.text)
        self.bucket.start()
        self.assertEqual(self.admin("POST", "/mug/images", png(300, 200)).status, 201)

    def test_settings_that_cannot_be_meant_are_refused(self):
        for wrong, named in (("images=pictures", "s3://BUCKET"), ("images=s3://No_Bucket!", "bucket's name"),
                             ("images_server.access_key=", "images_server.access_key"),
                             ("images_server.secret_key_file=/nowhere", "images_server.secret_key_file"),
                             ("images_server.endpoint=s3.example", "https://HOST")):
            flags = [flag for setting in [*self.settings(), wrong] for flag in ("--set", setting)]
            done = shop.run("serve", "--data", self.directory / "refused", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                            *flags, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(named, done.stderr)


if __name__ == "__main__":
    shop.main()
