"""A request for which there is no memory is answered 503, and nothing of it stays half done.

Whichever allocation of a request fails (the program's own, SQLite's, ICU's …), the shop answers either as ever or 503, goes
on, leaks nothing, and does what is asked again. Every request below is sent again and again; the first time its first
allocation fails, then its second, until it gets through with none failing.

Nobody reads the server's log while that goes on: its pipe is full after a few failures, and that must hold up nobody.
"""

import contextlib
import fcntl
import json
import mmap
import os
import pathlib
import re
import signal
import sqlite3
import struct
import time
import unittest

from shop import ADDRESS, PROGRAM, ShopTest, call, history_line

LIBRARY = pathlib.Path(PROGRAM).resolve().parent / "marketday-scarce-memory.so"
LEAKS = next(pathlib.Path("/usr/lib").glob("*/liblsan.so.0"), None)  # comes with g++
# What the loader keeps for good LeakSanitizer knows by its caller, which is our library here.
KEPT_FOR_GOOD = "leak:add_to_global_resize\n"
# All of the first allocations of a request fail one by one, of those behind them only some: that keeps it to seconds.
EACH_UNTIL, THEN_EVERY = int(os.environ.get("EACH_UNTIL", 150)), int(os.environ.get("THEN_EVERY", 7))
REASONS = {"outcome-unknown", "unavailable", "busy"}


class Scarcity:
    """What marketday-scarce-memory.so is told."""

    def __init__(self, file):
        file.write_bytes(bytes(24))
        with open(file, "r+b") as opened:
            self.memory = mmap.mmap(opened.fileno(), 24)

    def begin(self, allocation, in_a_row=1):
        struct.pack_into("<qqq", self.memory, 0, 0, 0, 0)
        struct.pack_into("<q", self.memory, 8, in_a_row)
        struct.pack_into("<q", self.memory, 0, allocation)

    def end(self):
        """How many have failed since `begin`."""
        failed = struct.unpack_from("<q", self.memory, 16)[0]
        struct.pack_into("<qq", self.memory, 0, 0, 0)
        return failed


class OutOfMemory(ShopTest):
    def begin(self, *settings):
        self.assertTrue(LIBRARY.exists(), f"build the target marketday-scarce-memory: {LIBRARY} is not there")
        self.assertIsNotNone(LEAKS, "install the package liblsan0")
        self.scarcity = Scarcity(self.directory / "scarcity")
        (self.directory / "kept").write_text(KEPT_FOR_GOOD)
        # Into a file: nobody reads what stands in the pipe.
        watched = f"exitcode=23:log_path={self.directory / 'leaks'}:suppressions={self.directory / 'kept'}:print_suppressions=0"
        self.shop = self.serve(self.directory / "shop", *settings, env=os.environ | {
            "LD_PRELOAD": f"{LIBRARY}:{LEAKS}", "LSAN_OPTIONS": watched, "SCARCE_MEMORY": str(self.directory / "scarcity")})
        fcntl.fcntl(self.shop.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        self.shop.stock_up("mug", 100_000)

    def tries(self, name, ask, expected, afterwards=lambda: None):
        """Asks with each allocation failing; every answer that was not 503. `ask(n)` must be another request each time."""
        n, tried, refused, answers = 1, 0, 0, []
        while True:
            self.scarcity.begin(n)
            try:
                answer = ask(n)
            except OSError as error:
                answer = None
                self.fail(f"{name}, allocation {n}: no answer but {error!r}; the server {'ended' if self.shop.process.poll() is not None else 'goes on'}")
            finally:
                failed = self.scarcity.end()
            afterwards()
            if answer.status == 503:
                self.assertIn(answer.reason, REASONS, f"{name}, allocation {n}: {answer.text}")
                refused += 1
            else:
                self.assertIn(answer.status, expected, f"{name}, allocation {n}: {answer.status} {answer.text}")
                answers.append((n, answer))
            tried += 1
            if not failed:
                break
            n += 1 if n < EACH_UNTIL else THEN_EVERY
        print(f"{name:<24} {n:>5} allocations, {tried:>5} failed one by one, {refused:>5} times 503", flush=True)
        self.assertGreater(refused, 0, f"{name}: nothing was ever refused")
        return answers

    def settles(self):
        """What was refused may still be under way for a moment."""
        time.sleep(0.3)

    def test_orders(self):
        self.begin()
        shoppers = self.shop.shoppers(4000)
        history = []

        def order(n):
            answer = self.shop.order(shoppers[n], f"key-{n}", "mug")
            history.append(history_line(shoppers[n], f"key-{n}", "mug", answer))
            return answer

        # What was begun and given up must do no harm to whoever looks at it.
        self.tries("an order", order, {201}, afterwards=lambda: self.assertEqual(
            call(self.shop.admin_url + "/metrics").status, 200))
        self.settles()
        tried = len(history)
        for line in history[:tried]:
            n = int(json.loads(line)["key"].split("-")[1])
            again = self.shop.order(shoppers[n], f"key-{n}", "mug")
            self.assertEqual(again.status, 201, again.text)
            history.append(history_line(shoppers[n], f"key-{n}", "mug", again))
        self.ends_well(history)

    def test_payments_and_lists_of_orders(self):
        self.begin("payment.reconcile_after_s=1")
        history, orders = [], []
        for n, shopper in enumerate(self.shop.shoppers(400)):
            answer = self.shop.order(shopper, f"key-{n}", "mug")
            self.assertEqual(answer.status, 201, answer.text)
            history.append(history_line(shopper, f"key-{n}", "mug", answer))
            orders.append((shopper, answer.json["order"]))
        begun = []

        def pay(shopper, order, key="pay"):
            return call(f"{self.shop.url}/api/v1/orders/{order}/payment", "POST", {"method": "card", "token": "tok_ok"},
                        {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": key})

        def pay_the_next(_):
            begun.append(orders[len(begun)])
            return pay(*begun[-1])

        self.tries("a payment", pay_the_next, {200, 202})
        self.all_are_paid(begun, pay)
        lists = self.tries("a list of orders", lambda n: call(self.shop.url + "/api/v1/orders", headers={
            "Authorization": f"Bearer {begun[n % len(begun)][0]['token']}"}), {200})
        for n, answer in lists:
            self.assertEqual([(one["order"], one["state"]) for one in answer.json["items"]], [(begun[n % len(begun)][1], "paid")])
        self.assertGreater(self.log_lines_lost(), 0, "the log's pipe was never full")
        self.ends_well(history)
        self.assertEqual(self.taken_by_the_bank(), {order: 1 for _, order in begun})

    def all_are_paid(self, begun, pay):
        """Whoever asks again under the key of a payment is told, in the end, that it is paid; or that nothing was taken, and
        pays with another."""
        waiting = {order: (shopper, "pay") for shopper, order in begun}
        deadline = time.monotonic() + 30
        while waiting and time.monotonic() < deadline:
            for order, (shopper, key) in list(waiting.items()):
                answer = pay(shopper, order, key)
                self.assertIn(answer.status, {200, 202, 402, 409}, answer.text)
                if answer.status == 200:
                    del waiting[order]
                elif answer.status == 402:
                    waiting[order] = (shopper, key + "-again")
            time.sleep(0.2 if waiting else 0)
        self.assertFalse(waiting, "what is asked for again is paid")

    def taken_by_the_bank(self):
        """How often each order's money was taken and kept, by the bank's own books."""
        with contextlib.closing(sqlite3.connect(self.shop.data / "sandbox-gateway.db")) as books:
            rows = books.execute("SELECT lower(hex(order_id)), sum(captures - refunds) FROM sandbox_payments"
                                 " WHERE captures > 0 GROUP BY order_id").fetchall()
        return {"-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:])): times for name, times in rows}

    def log_lines_lost(self):
        metrics = call(self.shop.admin_url + "/metrics").text
        return float(re.search(r"^marketday_log_lines_lost_total (\S+)", metrics, re.M)[1])

    def test_goods_and_pages(self):
        self.begin()
        self.shop.operate("POST", "/products", "".join(json.dumps({
            "sku": f"bowl-{n}", "source": "test", "name": {"en": f"Bowl {n}"}, "category": [{"en": "Tests"}],
            "price": {"amount": 100, "currency": "KRW"}, "weight_g": 100}) + "\n" for n in range(4000)).encode())
        self.tries("a product", lambda n: call(f"{self.shop.url}/api/v1/products/bowl-{n}"), {200})
        self.tries("a product's page", lambda n: call(f"{self.shop.url}/p/bowl-{n}"), {200})
        self.tries("a search", lambda n: call(f"{self.shop.url}/api/v1/products?q=bowl+{n}"), {200})
        # More often than there are pieces in the reserve, on the threads that read the index.
        for n in range(900):
            self.scarcity.begin(30 + n % 30)
            try:
                self.assertIn(call(f"{self.shop.url}/api/v1/products?q=bowl+again+{n}").status, {200, 503})
            finally:
                self.scarcity.end()
        for n in range(1, 1000, 37):
            for path in (f"/api/v1/products/bowl-{n}", f"/p/bowl-{n}"):
                self.assertEqual(call(self.shop.url + path).status, 200)
        self.ends_well([])

    def test_accounts_and_operators(self):
        self.begin()
        self.tries("a sign-up", lambda n: call(self.shop.url + "/api/v1/accounts", "POST", {
            "email": f"mina{n}@example.com", "password": "orange kettle drum", "name": "Mina"}), {201, 202, 429})
        self.tries("a look at sales", lambda n: call(self.shop.admin_url + "/admin/v1/sales", headers={
            "Authorization": f"Bearer {self.shop.token}"}), {200})
        self.tries("a movement of stock", lambda n: call(self.shop.admin_url + "/admin/v1/stock", "POST", {
            "sku": "mug", "movement": "receive", "units": 1, "reason": "test"}, {"Authorization": f"Bearer {self.shop.token}"}),
            {200, 201})
        self.ends_well([])

    def test_without_any_memory_it_ends_and_what_was_acknowledged_is_there(self):
        self.begin()
        history = []
        for n, shopper in enumerate(self.shop.shoppers(20)):
            history.append(history_line(shopper, f"key-{n}", "mug", self.shop.order(shopper, f"key-{n}", "mug")))
        self.scarcity.begin(1, in_a_row=1 << 40)
        self.assertEqual(self.shop.process.wait(timeout=30), -signal.SIGABRT)
        self.shop.kill()
        self.keep(history)
        self.audit(self.shop.data, "--history", self.directory / "history.jsonl")

    def keep(self, history):
        (self.directory / "history.jsonl").write_text("".join(history))

    def ends_well(self, history):
        self.keep(history)
        self.assertEqual(self.shop.stop(), 0, "".join(file.read_text() for file in self.directory.glob("leaks.*")))
        self.audit(self.shop.data, *(["--history", self.directory / "history.jsonl"] if history else []))


if __name__ == "__main__":
    from shop import main
    main()
