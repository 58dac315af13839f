"""A full disk refuses orders with a declared 503, loses nothing that was acknowledged, and sells again once there is room."""

import os
import subprocess
import unittest

import shop

SKU = "lantern"


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small file system")
class DiskFull(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.small = self.directory / "small"
        self.small.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.small], capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount a tmpfs here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.small])

    def test_orders_are_refused_while_the_disk_is_full_and_none_is_lost(self):
        data = self.small / "shop"
        server = self.serve(data)
        server.stock_up(SKU, 100_000)
        shoppers = server.shoppers(50)
        history = []

        def order(number):
            shopper = shoppers[number % len(shoppers)]
            key = f"key-{number}"
            try:
                answer = server.order(shopper, key, SKU)
            except OSError:
                answer = None
            history.append(shop.history_line(shopper, key, SKU, answer))
            return answer

        for number in range(100):
            self.assertEqual(order(number).status, 201)
        filler = self.small / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        statuses = []
        for number in range(100, 400):
            answer = order(number)
            statuses.append(answer.status if answer else 0)
            if statuses.count(503) == 5:
                break
        self.assertIn(503, statuses, "the disk was never felt to be full")
        self.assertTrue(set(statuses) <= {201, 503}, set(statuses))
        filler.unlink()
        self.assertEqual(order(1000).status, 201, "it sells again once there is room")
        self.assertEqual(server.stop(), 0)
        told = self.directory / "history.jsonl"
        told.write_text("".join(history))
        report = self.audit(data, "--history", told)
        self.assertEqual(report["orders_lost"], 0)
        self.assertGreaterEqual(report["orders_acknowledged"], 101)


if __name__ == "__main__":
    shop.main()
