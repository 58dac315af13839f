"""The real server as packaging/marketday.service confines it, as far as that can be had without systemd: a user that is not
root, no capability, a file system of which only the data directory can be written. A whole sale's work goes on in there."""

import json
import os
import pathlib
import re
import subprocess
import time
import unittest

from shop import PROGRAM, Shop, ShopTest, call, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPOSURE_MAX = 1.5  # of 10; what systemd-analyze makes of the unit


def can_confine():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode == 0


class Confined(Shop):
    def __init__(self, data, log):
        self.data = data
        self.process = subprocess.Popen(
            [str(pathlib.Path(__file__).with_name("confined.sh")), str(data), str(pathlib.Path(PROGRAM).resolve()), "serve", "--data", str(data), "--listen",
             "127.0.0.1:0", "--admin", "127.0.0.1:0", "--rehearsal"], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while not (data / "admin.json").exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the confined server does not start")
            time.sleep(0.02)
        self.url = json.loads((data / "shop.json").read_text())["url"]
        admin = json.loads((data / "admin.json").read_text())
        self.admin_url, self.token, self.pid = admin["url"], admin["token"], admin["pid"]

    def kill(self):
        self.process.kill()
        self.process.wait()


class HostileConfinement(ShopTest):
    @unittest.skipUnless(can_confine(), "needs root, to give it up")
    def test_the_shop_does_all_its_work_as_nobody_on_a_root_that_cannot_be_written(self):
        data = self.directory / "data"
        data.mkdir()
        os.chown(data, 65534, 65534)
        log = (self.directory / "log").open("wb+")
        self.addCleanup(log.close)
        shop = Confined(data, log)
        self.addCleanup(lambda: shop.process.poll() is None and shop.kill())
        status = pathlib.Path(f"/proc/{shop.pid}/status").read_text()
        self.assertRegex(status, r"Uid:\s+65534\s+65534\s+65534\s+65534")
        for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(re.search(kind + r":\s+(\w+)", status)[1], 16), 0, kind)
        self.assertRegex(status, r"NoNewPrivs:\s+1")
        # Of what is mounted over one another at one place, the last is what can be reached.
        reached = {line.split()[4]: line.split()[5].split(",") for line in pathlib.Path(f"/proc/{shop.pid}/mountinfo").read_text().splitlines()}
        writable = [place for place, options in reached.items() if "rw" in options]
        self.assertEqual(writable, [str(data)])

        shop.stock_up("mug", 50)
        picture = (ROOT / "demo/images").glob("*.webp").__next__().read_bytes()
        answer = call(shop.admin_url + "/admin/v1/products/mug/images", "POST", picture, {"Authorization": f"Bearer {shop.token}"})
        self.assertEqual(answer.status, 201, answer.text)
        status, kept = call_bytes(shop.url + answer.json["url"])
        self.assertEqual((status, kept[:4]), (200, b"RIFF"))
        for shopper in shop.shoppers(20):
            placed = shop.order(shopper, "one", "mug")
            self.assertEqual(placed.status, 201, placed.text)
            paid = call(f"{shop.url}/api/v1/orders/{placed.json['order']}/payment", "POST", {"method": "card", "token": "tok_ok"},
                        {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": "pay"})
            self.assertEqual(paid.json["state"], "paid")
        self.assertEqual(call(shop.url + "/api/v1/accounts", "POST", {"email": "a@example.org", "password": "a long enough one"}).status, 202)
        deadline = time.monotonic() + 15
        while not list((data / "mail").rglob("*.eml")) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(list((data / "mail").rglob("*.eml")), "no mail was written")
        self.assertEqual(call(shop.url + "/readyz").status, 200)
        self.assertEqual(call(shop.admin_url + "/admin/v1/audit", headers={"Authorization": f"Bearer {shop.token}"}).status, 200)
        shop.process.terminate()
        self.assertEqual(shop.process.wait(timeout=15), 0)
        self.audit(data)
        log.seek(0)
        for line in log.read().decode().splitlines():
            if line.startswith("{"):
                self.assertNotIn(json.loads(line)["level"], ("warn", "error"), line)

    def test_the_unit_is_valid_and_exposes_little(self):
        unit = ROOT / "packaging/marketday.service"
        text = unit.read_text()
        # verify looks for the program, which is not installed here.
        there = self.directory / "marketday.service"
        there.write_text(text.replace("/usr/local/bin/marketday", "/bin/true"))
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(there)], capture_output=True, text=True)
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))
        rated = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)], capture_output=True, text=True)
        exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", rated.stdout)[1])
        print(f"exposure {exposure} of 10")
        self.assertLessEqual(exposure, EXPOSURE_MAX)


def call_bytes(url):
    import urllib.request
    with urllib.request.urlopen(url, timeout=15) as response:
        return response.status, response.read()


if __name__ == "__main__":
    main()
