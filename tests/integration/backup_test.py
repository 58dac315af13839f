"""A backup is taken while orders come in, is verified, and comes back as the shop it was."""

import contextlib
import getpass
import sqlite3
import tarfile
import threading

import shop

SKU = "lantern"


class Backup(shop.ShopTest):
    def selling_shop(self, orders=20):
        server = self.serve(self.directory / "shop")
        server.stock_up(SKU, 100_000)
        self.shoppers = server.shoppers(20)
        for number in range(orders):
            answer = server.order(self.shoppers[number % 20], f"before-{number}", SKU)
            self.assertEqual(answer.status, 201, answer.text)
        return server

    def test_a_backup_while_selling_holds_what_was_acknowledged_before_it_began(self):
        server = self.selling_shop()
        stop = threading.Event()
        sold = []

        def sell():
            number = 0
            while not stop.is_set():
                sold.append(server.order(self.shoppers[number % 20], f"during-{number}", SKU).status)
                number += 1

        seller = threading.Thread(target=sell)
        seller.start()
        file = self.directory / "monday.tar.gz"
        done = shop.run("backup", file, "--data", server.data)
        stop.set()
        seller.join()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("verified", done.stdout)
        self.assertEqual(set(sold), {201})
        self.assertEqual(server.stop(), 0)

        restored = self.directory / "restored"
        done = shop.run("restore", file, "--data", restored)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = self.audit(restored)
        self.assertGreaterEqual(report["orders"], 20)
        (head,) = sqlite3.connect(self.directory / "shop" / "marketday.db").execute(
            "SELECT lower(hex(hash)) FROM ledger WHERE sequence = ?", (report["ledger_entries"],)).fetchone()
        self.assertEqual(head, report["ledger_head"], "the restored ledger is the shop's ledger at that moment")

        again = self.serve(restored)
        (entry,) = again.operate("GET", "/operators-log?operation=restoreBackup")["items"]
        self.assertEqual((entry["operator"], entry["outcome"]), ("local/" + getpass.getuser(), "done"))
        self.assertEqual((entry["details"]["file"], entry["details"]["ledger_entries"]), ("monday.tar.gz", report["ledger_entries"]))
        first = again.order(self.shoppers[0], "before-0", SKU)
        self.assertEqual(first.status, 201, "a key from before the backup still gives its first verdict")
        self.assertEqual(again.order(self.shoppers[0], "after", SKU).status, 201)
        self.assertEqual(again.stop(), 0)
        self.assertEqual(self.audit(restored)["orders"], report["orders"] + 1)

    def test_a_backup_of_a_shop_whose_ledger_is_broken_is_refused_with_the_way_out(self):
        server = self.selling_shop(3)
        self.assertEqual(server.stop(), 0)
        with contextlib.closing(sqlite3.connect(server.data / "marketday.db")) as database, database:
            database.execute("UPDATE ledger SET units = units + 1 WHERE sequence = 2")
        file = self.directory / "broken.tar.gz"
        done = shop.run("backup", file, "--data", server.data)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
        for words in ("is violated", f"marketday audit --data {server.data}", "marketday restore"):
            self.assertIn(words, done.stderr)
        self.assertFalse(file.exists())
        report = shop.run("audit", "--data", server.data)
        self.assertEqual(report.returncode, 1, "the audit that it names says the same")

    def test_a_backup_does_not_replace_a_file_unasked(self):
        server = self.selling_shop(1)
        file = self.directory / "monday.tar"
        self.assertEqual(shop.run("backup", file, "--data", server.data).returncode, 0)
        again = shop.run("backup", file, "--data", server.data)
        self.assertEqual((again.returncode, len(again.stderr.splitlines())), (2, 1))
        self.assertIn("--replace", again.stderr)
        self.assertEqual(shop.run("backup", file, "--data", server.data, "--replace").returncode, 0)
        self.assertEqual([path.name for path in self.directory.iterdir() if "backup" in path.name or "partial" in path.name], [])

    def test_restore_refuses_a_directory_that_is_not_empty(self):
        server = self.selling_shop(1)
        file = self.directory / "monday.tar"
        self.assertEqual(shop.run("backup", file, "--data", server.data).returncode, 0)
        done = shop.run("restore", file, "--data", server.data)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1))
        self.assertIn("not empty", done.stderr)

    def test_restore_refuses_what_is_cut_short_changed_or_no_backup_and_leaves_nothing(self):
        server = self.selling_shop(3)
        file = self.directory / "monday.tar"
        self.assertEqual(shop.run("backup", file, "--data", server.data).returncode, 0)
        whole = file.read_bytes()
        changed = bytearray(whole)
        changed[len(changed) // 2] ^= 0x40
        bad = {"cut.tar": whole[:len(whole) // 2], "changed.tar": bytes(changed), "text.tar": b"not a backup\n" * 100, "empty.tar": b""}
        for name, content in bad.items():
            with self.subTest(name):
                (self.directory / name).write_bytes(content)
                target = self.directory / "target"
                done = shop.run("restore", self.directory / name, "--data", target)
                self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
                self.assertFalse(target.exists())

    def test_restore_refuses_names_that_would_leave_the_directory(self):
        evil = self.directory / "evil.tar"
        payload = self.directory / "payload"
        payload.write_text("x")
        with tarfile.open(evil, "w", format=tarfile.USTAR_FORMAT) as archive:
            archive.add(payload, "../escaped")
        done = shop.run("restore", evil, "--data", self.directory / "target")
        self.assertEqual(done.returncode, 2)
        self.assertFalse((self.directory / "escaped").exists())


if __name__ == "__main__":
    shop.main()
