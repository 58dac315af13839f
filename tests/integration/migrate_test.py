"""A shop moves from its directory into PostgreSQL: whole or not at all, and it goes on there as if nothing had happened."""

import sqlite3
import subprocess
import time

import shop
from postgres_shop import PostgresTest
from shop import call


REASON = "a \\N, a \\ and \"quotes\"; 한국어"


class Migrate(PostgresTest):
    def setUp(self):
        super().setUp()
        self.data = self.directory / "shop"

    def migrate(self, database=None, data=None):
        return shop.run("migrate", "--from", data or self.data, "--to", database or self.database)

    def sold_shop(self):
        """A shop that has sold: paid, unpaid and refused orders, baskets, a sale with a line, an operator with a log."""
        server = self.serve(self.data)
        server.stock_up("mug", 30)
        server.stock_up("plate", 5)
        server.operate("POST", "/stock", {"sku": "mug", "movement": "receive", "units": 1, "reason": REASON})
        shoppers = server.shoppers(8)
        orders = []
        for number, shopper in enumerate(shoppers):
            answer = server.order(shopper, f"key-{number}", "mug", 2)
            self.assertEqual(answer.status, 201, answer.text)
            orders.append(answer.json)
        refused = server.order(shoppers[0], "too-many", "mug", 40)
        self.assertEqual((refused.status, refused.reason), (409, "all-held"), refused.text)
        for shopper, order in list(zip(shoppers, orders))[:4]:
            paid = call(f"{server.url}/api/v1/orders/{order['order']}/payment", "POST", {"method": "card", "token": "tok_ok"},
                        {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": f"pay-{order['order']}"})
            self.assertIn(paid.status, (200, 202), paid.text)
        put = call(f"{server.url}/api/v1/basket/lines/mug", "PUT", {"quantity": 2}, {"Authorization": f"Bearer {shoppers[7]['token']}"})
        self.assertEqual(put.status // 100, 2, put.text)
        server.operate("POST", "/sales", {
            "name": {"en": "Tomorrow"}, "opens_at": "2090-01-01T00:00:00Z", "line": {"enabled": True, "draw": True},
            "items": [{"sku": "plate", "units": 5, "price": {"amount_minor": 9000, "currency": "KRW"}, "limit_per_customer": 1}]})
        time.sleep(0.5)
        return server, shoppers, orders

    def test_a_shop_goes_on_in_postgresql_where_it_was(self):
        server, shoppers, orders = self.sold_shop()
        self.assertIn("in use", self.migrate().stderr)
        self.assertEqual(server.stop(), 0)
        before = self.audit(self.data)
        done = self.migrate()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("audited on both sides", done.stdout)
        after = self.audited()
        for figure in ("orders", "units_sold", "ledger_entries"):
            self.assertEqual(before[figure], after[figure])
        # A second time there is a shop already.
        again = self.migrate()
        self.assertEqual(again.returncode, 2)
        self.assertIn("is not empty", again.stderr)
        # Every row of every table is there.
        with sqlite3.connect(self.data / "marketday.db") as file:
            tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
                      if not name.startswith("sqlite_") and name not in ("migrations", "customer_records", "customer_journal")]
            for table in tables:
                self.assertEqual(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0],
                                 int(self.sql(f"SELECT count(*) FROM {table}")), table)
        self.assertEqual(self.sql("SELECT reason FROM ledger WHERE units = 1 LIMIT 1"), REASON)
        self.assertEqual(self.sql("SELECT count(*) FROM idempotency_keys"), "9")
        self.assertEqual(self.sql("SELECT count(*) FROM orders_of_other_times"), "0")
        # Sessions, verdicts and numbers go on: the same key gives the same order, and a new one takes the next number.
        moved = self.serve(self.directory / "moved", f"database={self.database}", f"payment.sandbox_books={self.data / 'sandbox-gateway.db'}")
        self.assertEqual(call(moved.url + "/api/v1/me", headers={"Authorization": f"Bearer {shoppers[0]['token']}"}).status, 200)
        repeated = moved.order(shoppers[1], "key-1", "mug", 2)
        self.assertEqual((repeated.status, repeated.json["order"]), (201, orders[1]["order"]), repeated.text)
        refused = moved.order(shoppers[0], "too-many", "mug", 40)
        self.assertEqual((refused.status, refused.reason), (409, "all-held"), refused.text)
        fresh = moved.order(shoppers[2], "a-new-one", "mug")
        self.assertEqual(fresh.status, 201, fresh.text)
        self.assertGreater(fresh.json["receipt"]["sequence"], before["ledger_entries"])
        moved.stock_up("cup", 5)
        self.assertEqual(moved.stop(), 0)
        self.assertEqual(self.audited()["orders"], 9)

    def test_what_does_not_pass_its_audit_is_not_migrated(self):
        server, _, _ = self.sold_shop()
        server.stop()
        with sqlite3.connect(self.data / "marketday.db") as file:
            file.execute("UPDATE ledger SET units = units + 1 WHERE sequence = 3")
        done = self.migrate()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("does not pass its audit; nothing was migrated", done.stderr)
        self.assertEqual(self.sql("SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"), "0")

    def test_an_interrupted_migration_leaves_no_shop_and_is_run_again(self):
        server, _, _ = self.sold_shop()
        server.stop()
        # It waits for this lock in the middle of its copy, and is killed there.
        holder = subprocess.Popen(["psql", "-X", self.database], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        migration = subprocess.Popen([shop.PROGRAM, "migrate", "--from", str(self.data), "--to", self.database],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while self.sql("SELECT to_regclass('marketday_migration.shop_secret')") == "" and time.monotonic() < deadline:
            time.sleep(0.002)
        holder.stdin.write("BEGIN; LOCK TABLE marketday_migration.stat_days;\n")
        holder.stdin.flush()
        time.sleep(0.5)
        migration.kill()
        migration.communicate()
        holder.stdin.close()
        holder.wait()
        self.assertEqual(self.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0")
        done = self.migrate()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("what an interrupted migration had left is cleared away", done.stderr)
        self.audited()

    def test_wrong_places_are_told(self):
        self.assertIn("give --from the data directory of a shop", self.migrate().stderr)
        self.data.mkdir()
        done = shop.run("migrate", "--from", self.data, "--to", "mysql://x")
        self.assertEqual(done.returncode, 2)
        self.assertIn("postgres://USER@HOST:PORT/NAME", done.stderr)
        (self.data / "marketday.db").write_bytes(b"no database")
        self.assertEqual(self.migrate().returncode, 2)


if __name__ == "__main__":
    shop.main()
