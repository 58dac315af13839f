"""The rehearsal as a whole: it passes, it survives a kill, it notices, and it leaves nothing behind."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import shop


def rehearse(*arguments, **options):
    return shop.run("rehearse", "--json", *arguments, timeout=240, **options)


class Rehearsal(shop.ShopTest):
    def environment(self):
        return {**os.environ, "TMPDIR": str(self.directory)}

    def left_behind(self):
        """Processes that work in this test's directory, and what is left in it."""
        running = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(self.directory) in command and "rehearse" not in command:
                running.append(command)
        return running, [path.name for path in self.directory.iterdir()]

    def test_a_server_killed_half_way_loses_and_oversells_nothing(self):
        done = rehearse("--shoppers", 500, "--arrive", "2s", "--units", 100, "--kill", env=self.environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertTrue(result["killed"])
        self.assertEqual((result["shoppers"], result["units_offered"], result["units_sold"]), (500, 100, 100))
        self.assertEqual((result["orders_lost"], result["contradictions"]), (0, 0))
        self.assertGreaterEqual(result["orders_acknowledged"], 100)
        self.assertGreater(result["seconds_to_sold_out"], 0)
        self.assertEqual(self.left_behind(), ([], []))

    def test_payments_that_stay_silent_are_settled_by_asking(self):
        done = rehearse("--shoppers", 200, "--arrive", "1s", "--units", 40, "--silent-payments", 20, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["units_sold"], 40)

    def test_an_interrupted_rehearsal_leaves_nothing_running_and_nothing_on_disk(self):
        process = subprocess.Popen([shop.PROGRAM, "rehearse", "--json", "--shoppers", "300", "--arrive", "20s", "--units", "50"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment())
        deadline = time.monotonic() + 15
        while not list(self.directory.glob("*/shop/marketday.db")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, said)
        self.assertEqual(self.left_behind(), ([], []))

    def test_a_sale_that_went_wrong_does_not_read_like_one_that_went_well(self):
        process = subprocess.Popen([shop.PROGRAM, "rehearse", "--shoppers", "60", "--arrive", "2s", "--units", "20"],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment())
        # Somebody writes into the ledger while the sale runs.
        deadline = time.monotonic() + 30
        changed = 0
        while not changed and time.monotonic() < deadline:
            time.sleep(0.1)
            for file in self.directory.glob("*/shop/marketday.db"):
                with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(file)) as database, database:
                    changed = database.execute("UPDATE ledger SET units = units + 1 WHERE sequence = 1").rowcount
        said, _ = process.communicate(timeout=60)
        self.assertEqual((process.returncode, changed), (1, 1), said)
        self.assertRegex(said.splitlines()[-1], "^FAILED: .* sold to .*")
        self.assertIn("not passed: the audit found", said)

    def test_an_order_taken_out_of_a_kept_rehearsal_is_named_by_the_audit(self):
        done = rehearse("--shoppers", 60, "--arrive", "500ms", "--units", 20, "--keep", env=self.environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        (kept,) = self.directory.iterdir()
        history = kept / "crowd" / "history.jsonl"
        self.audit(kept / "shop", "--history", history, "--at-rest")
        database = sqlite3.connect(kept / "shop" / "marketday.db")
        (order,) = database.execute("SELECT order_id FROM orders WHERE state = 3 LIMIT 1").fetchone()
        for table in ("orders", "order_lines"):
            database.execute(f"DELETE FROM {table} WHERE order_id = ?", (order,))
        database.commit()
        database.close()
        audited = shop.run("audit", "--data", kept / "shop", "--history", history)
        self.assertEqual(audited.returncode, 1, audited.stdout + audited.stderr)
        text = order.hex()
        name = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
        self.assertIn(f"acknowledged-there: order {name}", audited.stdout)


if __name__ == "__main__":
    shop.main()
