"""`marketday serve` on a real PostgreSQL with two replicas that stream from it: who answers which read, and what is still
answered when servers stop, freeze, end or fall behind."""

import json
import os
import signal
import sys
import time

import shop
from postgres_shop import Postgres
from several import SeveralTest
from shop import call

# Every look is read anew, so that it tells who answers.
UNCACHED = ("cache.products.mib=0", "cache.stock.mib=0", "cache.searches.mib=0")
PATIENT = "reads.lag_max_ms=60000"  # so that it is the position that decides


class Replicas(SeveralTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.replicas = [cls.postgres.replica() for _ in range(2)]
        for replica in cls.replicas:
            cls.addClassCleanup(replica.__exit__)

    def setUp(self):
        for server in (self.postgres, *self.replicas):
            if server.process.poll() is not None:
                server.start()
        super().setUp()
        for replica in self.replicas:
            self.until("the replica has the database", 20, lambda one=replica: self.has_database(one))

    def has_database(self, replica):
        name = self.database.rsplit("/", 1)[1]
        found = replica.sql(self.database.replace(name, "postgres"), f"SELECT 1 FROM pg_database WHERE datname = '{name}'")
        return found == ["1"]

    def begin(self, *settings):
        """A shop with a mug to sell, whose replicas both serve."""
        urls = ",".join(replica.url(self.database) for replica in self.replicas)
        self.shop = self.serve(self.directory / "shop", f"database={self.database}", f"database_replicas={urls}",
                               f"payment.sandbox_books={self.directory / 'bank.db'}", *UNCACHED, *settings)
        self.shop.stock_up("mug", 1000)
        self.until("both replicas serve", 10, lambda: self.serving() == 2)
        self.until_replicas_answer()

    def until_replicas_answer(self):
        """They have been asked since the last change of the goods, and are level."""
        bounded = self.reads("bounded")
        self.until("replicas answer", 20, lambda: self.look() and self.reads("bounded") > bounded)

    def figures(self, name):
        """Every sample of that name: its labels and its value."""
        lines = call(self.shop.admin_url + "/metrics").text.splitlines()
        return {line.split(" ")[0][len(name):]: float(line.rsplit(" ", 1)[1])
                for line in lines if line.startswith((name + "{", name + " "))}

    def serving(self):
        return sum(self.figures("marketday_replica_serves").values())

    def reads(self, reason):
        found = [value for labels, value in self.figures("marketday_store_reads_total").items()
                 if f'reason="{reason}"' in labels]
        self.assertEqual(len(found), 1, reason)
        return found[0]

    def look(self):
        """A look at the mug: its answer and how long it took."""
        begun = time.monotonic()
        answer = call(self.shop.url + "/api/v1/products/mug")
        return answer, time.monotonic() - begun

    def looks(self, count, within_s):
        """Looks that all succeed, each soon enough; the longest."""
        longest = 0
        for _ in range(count):
            answer, took = self.look()
            self.assertEqual(answer.status, 200, answer.text)
            longest = max(longest, took)
        self.assertLess(longest, within_s)
        return longest

    def orders_of(self, shopper, position=None):
        headers = {"Authorization": f"Bearer {shopper['token']}"}
        if position:
            headers["Marketday-Position"] = position
        answer = call(self.shop.url + "/api/v1/orders", headers=headers)
        self.assertEqual(answer.status, 200, answer.text)
        return [order["order"] for order in answer.json["items"]]

    def replay(self, state):
        for replica in self.replicas:
            replica.sql(self.database, f"SELECT pg_wal_replay_{state}()")
            wanted = "paused" if state == "pause" else "not paused"
            self.until(f"replay is {wanted}", 10, lambda one=replica: one.sql(
                self.database, "SELECT pg_get_wal_replay_pause_state()") == [wanted])
            if state == "pause":
                self.addCleanup(replica.sql, self.database, "SELECT pg_wal_replay_resume()")

    def test_an_order_is_in_its_shoppers_list_at_once_although_no_replica_has_it(self):
        self.begin(PATIENT)
        (shopper,) = self.shop.shoppers(1)
        first = self.shop.order(shopper, "first-key", "mug")
        self.assertEqual(first.status, 201, first.text)
        before = first.headers["Marketday-Position"]
        own = self.reads("own_writes")
        # Once it has been replayed, the list comes from a replica.
        self.until("a replica answers", 10, lambda: self.orders_of(shopper, before) == [first.json["order"]]
                   and self.reads("own_writes") > own)
        self.replay("pause")
        second = self.shop.order(shopper, "second-key", "mug")
        self.assertEqual(second.status, 201, second.text)
        after = second.headers["Marketday-Position"]
        self.assertNotEqual(before, after)
        both = [second.json["order"], first.json["order"]]
        behind = self.reads("behind")
        self.assertEqual(self.orders_of(shopper, after), both)
        self.assertGreater(self.reads("behind"), behind)
        order = call(f"{self.shop.url}/api/v1/orders/{second.json['order']}",
                     headers={"Authorization": f"Bearer {shopper['token']}", "Marketday-Position": after})
        self.assertEqual(order.status, 200, order.text)
        # Who brings no position, or one that was not signed here, reads strictly.
        self.assertEqual(self.orders_of(shopper), both)
        self.assertEqual(self.orders_of(shopper, after[:-1] + ("0" if after[-1] != "0" else "1")), both)
        # It is the position that does it: with the one from before, the replicas answer with what they have.
        self.assertEqual(self.orders_of(shopper, before), [first.json["order"]])
        self.replay("resume")
        own = self.reads("own_writes")
        self.until("replicas answer again", 10, lambda: self.orders_of(shopper, after) == both
                   and self.reads("own_writes") > own)

    def test_a_browser_sees_its_order_at_once_although_no_replica_has_it(self):
        self.begin(PATIENT)
        (shopper,) = self.shop.shoppers(1)
        session = f"md_session={shopper['token']}"
        csrf = call(self.shop.url + "/api/v1/me", headers={"Cookie": session}).json["csrf_token"]
        self.replay("pause")
        placed = call(self.shop.url + "/api/v1/orders", "POST",
                      {"currency": "KRW", "address": shop.ADDRESS,
                       "lines": [{"sku": "mug", "quantity": 1, "unit_price_minor": 12000}]},
                      {"Cookie": session, "X-CSRF-Token": csrf, "Idempotency-Key": "of-a-browser"})
        self.assertEqual(placed.status, 201, placed.text)
        (cookie,) = [value for value in placed.headers.get_all("Set-Cookie") if value.startswith("md_position=")]
        self.assertIn("; Path=/; HttpOnly; SameSite=Lax", cookie)
        brought = {"Cookie": f"{session}; {cookie.split(';')[0]}"}
        behind = self.reads("behind")
        for path in ("/orders", "/orders/" + placed.json["order"]):
            page = call(self.shop.url + path, headers=brought)
            self.assertEqual(page.status, 200, page.text)
            self.assertIn(placed.json["order"], page.text)
        self.assertGreaterEqual(self.reads("behind"), behind + 2)

    def test_a_changed_price_is_shown_at_once_although_no_replica_has_it(self):
        self.begin(PATIENT)
        self.replay("pause")
        self.shop.operate("POST", "/products", (json.dumps({
            "sku": "mug", "source": "test", "name": {"en": "mug"}, "category": [{"en": "Tests"}],
            "price": {"amount": 13000, "currency": "KRW"}, "weight_g": 100}) + "\n").encode())
        for _ in range(20):
            answer, _ = self.look()
            self.assertEqual(answer.json["price"]["amount_minor"], 13000, answer.text)
        self.assertEqual(self.shop.stop(), 0)

    def test_a_replica_that_lags_is_not_read(self):
        self.begin("reads.lag_max_ms=1000")
        time.sleep(1)  # the followers have seen the goods: they may ask for nothing newer than what was replayed
        self.until_replicas_answer()
        self.replay("pause")
        (shopper,) = self.shop.shoppers(1)
        self.assertEqual(self.shop.order(shopper, "a-key-of-lag", "mug").status, 201)
        time.sleep(2)
        bounded, lagging = self.reads("bounded"), self.reads("lagging") + self.reads("behind")
        self.looks(10, 2)
        self.assertEqual(self.reads("bounded"), bounded)
        self.assertGreaterEqual(self.reads("lagging") + self.reads("behind"), lagging + 10)
        self.assertTrue(all(lag > 1 for lag in self.figures("marketday_replica_lag_seconds").values()))
        # One slow answer of the primary, to who asks it how far it is, is no reason to read them after all.
        asked = int(self.sql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_current_wal_flush_lsn%' AND "
                             "pid <> pg_backend_pid() ORDER BY query_start DESC LIMIT 1"))
        os.kill(asked, signal.SIGSTOP)
        try:
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                self.looks(1, 2)
        finally:
            os.kill(asked, signal.SIGCONT)
        self.assertEqual(self.reads("bounded"), bounded)
        self.replay("resume")
        self.until_replicas_answer()

    def test_replicas_come_and_go_and_nobody_notices(self):
        self.begin("reads.lag_max_ms=5000")  # so that none is left out for being asked late
        bounded = self.reads("bounded")
        self.looks(20, 2)
        self.assertGreaterEqual(self.reads("bounded"), bounded + 20)
        self.assertTrue(all(reads > 0 for reads in self.figures("marketday_replica_reads_total").values()))

        self.replicas[0].kill()
        self.looks(40, 2)
        self.until("one is left out", 5, lambda: self.serving() == 1)
        self.replicas[1].kill()
        self.looks(40, 2)
        self.until("both are left out", 5, lambda: self.serving() == 0)
        elsewhere = self.reads("no_replica")
        self.looks(10, 2)
        self.assertGreaterEqual(self.reads("no_replica"), elsewhere + 10)

        for replica in self.replicas:
            replica.start()
        self.until("both serve again", 20, lambda: self.serving() == 2)
        self.until_replicas_answer()
        bounded = self.reads("bounded")
        self.looks(10, 2)
        self.assertGreaterEqual(self.reads("bounded"), bounded + 10)

        # One that has frozen takes connections and never answers.
        self.replicas[0].signal(signal.SIGSTOP)
        try:
            self.looks(20, 3)
            self.until("the frozen one is left out", 5, lambda: self.serving() == 1)
            self.looks(20, 1)
        finally:
            self.replicas[0].signal(signal.SIGCONT)
        self.until("it serves again", 20, lambda: self.serving() == 2)

    def test_without_the_primary_goods_are_shown_and_orders_refused_at_once(self):
        self.begin()
        (shopper,) = self.shop.shoppers(1)
        placed = self.shop.order(shopper, "before-the-end", "mug")
        self.assertEqual(placed.status, 201, placed.text)
        own = self.reads("own_writes")
        self.until("the order has been replayed", 10, lambda: self.orders_of(
            shopper, placed.headers["Marketday-Position"]) and self.reads("own_writes") > own)
        # Frozen first: it takes connections, and answers nothing.
        self.postgres.signal(signal.SIGSTOP)
        try:
            self.looks(20, 3)
            time.sleep(2)
            self.looks(20, 1)
            begun = time.monotonic()
            refused = self.shop.order(shopper, "while-it-is-gone", "mug")
            self.assertEqual(refused.status, 503, refused.text)
            self.assertLess(time.monotonic() - begun, 3)
        finally:
            self.postgres.signal(signal.SIGCONT)
        self.postgres.kill()
        ended = time.monotonic()
        while time.monotonic() - ended < 3:
            self.looks(5, 2)
            begun = time.monotonic()
            refused = self.shop.order(shopper, "while-it-is-gone", "mug")
            self.assertEqual(refused.status, 503, refused.text)
            self.assertLess(time.monotonic() - begun, 2)
            time.sleep(0.1)
        self.assertEqual(self.orders_of(shopper, placed.headers["Marketday-Position"]), [placed.json["order"]])
        page = call(self.shop.url + "/p/mug")
        self.assertEqual(page.status, 200, page.text)
        self.postgres.start()
        begun = time.monotonic()
        self.until("orders flow again", 20, lambda: self.shop.order(shopper, "while-it-is-gone", "mug").status == 201)
        print(f"\norders flow {time.monotonic() - begun:.2f} s after the primary is back", file=sys.stderr)
        self.assertEqual(len(self.orders_of(shopper)), 2)
        self.until("both serve again", 20, lambda: self.serving() == 2)

    def test_settings_that_cannot_be_meant_are_refused_with_what_to_do(self):
        def refusal(*settings):
            flags = [part for setting in settings for part in ("--set", setting)]
            done = shop.run("serve", "--data", self.directory / "refused", "--listen", "127.0.0.1:0", "--admin",
                            "127.0.0.1:0", *flags, timeout=60)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            return done.stderr

        replica = self.replicas[0].url(self.database)
        self.assertIn("database_replicas needs database", refusal(f"database_replicas={replica}"))
        self.assertIn("database_replicas must be postgres://",
                      refusal(f"database={self.database}", "database_replicas=localhost"))
        self.assertIn("lower database_pool.replica_connections", refusal(
            f"database={self.database}", f"database_replicas={replica}", "database_pool.replica_connections=500"))
        with Postgres("64MB") as other:
            self.assertIn("is not a copy of the database", refusal(
                f"database={self.database}", f"database_replicas=postgres://shop@127.0.0.1:{other.port}/postgres"))


if __name__ == "__main__":
    shop.main()
