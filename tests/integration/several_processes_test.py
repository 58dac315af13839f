"""Several `marketday serve` processes, each with a data directory of its own, on one PostgreSQL: one shop."""

import json
import pathlib
import sys
import threading
import time
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

import shop  # noqa: E402
from postgres import Postgres  # noqa: E402
from shop import call  # noqa: E402


class SeveralProcesses(shop.ShopTest):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.__exit__)

    def setUp(self):
        super().setUp()
        self.database = self.postgres.new_database()

    def process(self, name, *settings, **process):
        return self.serve(self.directory / name, f"database={self.database}", "database_pool.processes=2",
                          f"payment.sandbox_books={self.directory / 'bank.db'}", *settings, **process)

    def audited(self, *arguments):
        done = shop.run("audit", "--database", self.database, "--json", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def test_what_one_process_signs_the_other_knows(self):
        one, two = self.process("one"), self.process("two")
        one.stock_up("mug", 10)
        (shopper,) = one.shoppers(1)
        for process in (one, two):
            seen = call(process.url + "/api/v1/me", headers={"Authorization": f"Bearer {shopper['token']}"})
            self.assertEqual(seen.status, 200, seen.text)
        self.assertFalse((self.directory / "two" / "secret.key").exists())
        # Bought here, paid there.
        bought = one.order(shopper, "a-key-of-one", "mug")
        self.assertEqual(bought.status, 201, bought.text)
        again = two.order(shopper, "a-key-of-one", "mug")
        self.assertEqual((again.status, again.json["order"]), (201, bought.json["order"]), again.text)

    def test_a_key_that_comes_to_two_processes_at_once_gives_one_order(self):
        one, two = self.process("one"), self.process("two")
        one.stock_up("mug", 100)
        shoppers = one.shoppers(20)
        answers = []

        def press(process, shopper, key):
            answers.append((key, process.order(shopper, key, "mug")))

        for number, shopper in enumerate(shoppers):
            pressed = [threading.Thread(target=press, args=(process, shopper, f"pressed-twice-{number}"))
                       for process in (one, two)]
            for thread in pressed:
                thread.start()
            for thread in pressed:
                thread.join()
        orders = {}
        for key, answer in answers:
            self.assertEqual(answer.status, 201, answer.text)
            orders.setdefault(key, set()).add(answer.json["order"])
        self.assertEqual([len(made) for made in orders.values()], [1] * 20)
        self.audited()


if __name__ == "__main__":
    shop.main()
