"""No statement of the PostgreSQL adapters reads a table that grows from end to end.

Every SQL literal of src/adapters/distributed/postgres_* is prepared on the migrated schema with a million orders in it,
and PostgreSQL tells by which generic plan it would run it: the plan that the program's connections use.
"""

import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/integration")]
from postgres import PROGRAMS, Postgres  # noqa: E402
from query_plans_test import VERB, literals, macros_of  # noqa: E402

ADAPTERS = ROOT / "src/adapters/distributed"
ORDERS = 1_000_000  # and their lines
OTHERS = 100_000    # rows of what else grows

# Tables that stay small, so reading all of one is fine.
BOUNDED = {
    "bus_groups": "one row a consumer that the program has",
    "categories": "one row a category of the shop; all of them are the answer",
    "catalogue_state": "one row", "ledger_head": "one row", "outbox_head": "one row", "shop_secret": "one row", "stat_check": "one row",
    "migrations": "one row a file of the schema",
    "operators": "one row an employee", "operator_totp": "one row an employee",
    "pg_class": "one row a table", "pg_namespace": "one row a schema",
}
FILL = f"""
-- Nobody will miss it after a loss of power.
ALTER SYSTEM SET fsync = off;
ALTER SYSTEM SET full_page_writes = off;
ALTER SYSTEM SET autovacuum = off;
SELECT pg_reload_conf();
SET synchronous_commit = off;
SET work_mem = '256MB';
INSERT INTO offers (sku, price_minor, currency) SELECT 'sku-' || n, 1000, 'KRW' FROM generate_series(1, 5000) n;
INSERT INTO stock (sku_no, received, available) SELECT sku_no, 1000, 1000 FROM offers;
INSERT INTO products SELECT sku_no, '{{}}', 'c', sku_no, 1, 0, 0 FROM offers;
INSERT INTO sales (sale_id, name_json, state, opens_ms, line_enabled, line_draw, admissions_per_s_max, admission_valid_s)
    SELECT gen_random_uuid(), '{{}}', 4, n, 0, 0, 1, 1 FROM generate_series(1, 500) n;
INSERT INTO sale_items (sale_no, position, sku_no, units, price_minor, currency, limit_per_customer)
    SELECT s.sale_no, 0, s.sale_no, 10, 900, 'KRW', 1 FROM sales s;
CREATE TEMP TABLE ids AS SELECT n, (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - n), 12, '0') ||
    '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid AS id, gen_random_uuid() AS other
    FROM generate_series(1, {OTHERS}) n;
INSERT INTO customers SELECT other, 'e' || n, 'x', 1, 1, CASE WHEN n % 9 > 0 THEN 1 END, n FROM ids WHERE n % 5 = 0;
INSERT INTO email_claims SELECT email, id, 2, 0 FROM customers;
INSERT INTO sessions SELECT decode(md5(id::text) || md5(email), 'hex'), id, created_at, created_at FROM customers;
INSERT INTO session_changes SELECT n, other, n FROM ids;
INSERT INTO account_links SELECT decode(md5(email) || md5(id::text), 'hex'), 1, id, created_at FROM customers;
INSERT INTO account_letters SELECT id, 1, email, created_at FROM customers;
INSERT INTO orders SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - g.n), 12, '0') || '70008000' ||
    lpad(to_hex(g.n), 12, '0'))::uuid, c.other, g.n % 500 + 1, CASE WHEN g.n % 100 = 0 THEN 1 ELSE 3 + g.n % 8 END,
    g.n, g.n, g.n, 900, 0, 'KRW', g.n, '\\x00', gen_random_uuid(), NULL, NULL, NULL, '{{}}'
    FROM generate_series(1, {ORDERS}) g(n) JOIN ids c ON c.n = g.n % {OTHERS} / 5 * 5 + 5;
INSERT INTO order_lines SELECT order_id, 0, placed_ms % 5000 + 1, 1, 900, 1 FROM orders;
INSERT INTO idempotency_keys SELECT other, 'k', n, '\\x00', id, NULL FROM ids;
INSERT INTO customer_limits SELECT other, n % 500 + 1, n % 5000 + 1, 1, n FROM ids;
INSERT INTO ledger SELECT n, 1, n, 2, n % 5000 + 1, 1, id, '\\x00', NULL FROM ids;
INSERT INTO ledger_of_orders SELECT id, n FROM ids;
INSERT INTO outbox SELECT n, n, 'orders', '[]', 1 FROM ids;
INSERT INTO payments SELECT other, id, '\\x00', 1, n FROM ids;
INSERT INTO refunds SELECT other, id, 1, 0, n, n, 0, n FROM ids WHERE n % 10 = 0;
INSERT INTO lines (sale_id, opened_ms, ticket_key, draw_secret, public_value) SELECT sale_id, 0, '\\x00', '\\x00', '' FROM sales;
INSERT INTO line_tickets SELECT n % 500 + 1, n, other, 1 FROM ids;
INSERT INTO line_news SELECT n % 500 + 1, n, 'p', 0, '\\x00', '\\x00', 0, 0, 0 FROM ids;
INSERT INTO line_calls SELECT n % 500 + 1, n, n - 1, 0 FROM ids WHERE n % 10 = 0;
INSERT INTO bus_messages (message_id, topic, body, at_ms) SELECT 'm' || n, 'orders', '[]', n FROM ids;
INSERT INTO bus_groups VALUES ('mail', ',orders,', 1, 1, 1, 1, 0);
INSERT INTO bus_deliveries SELECT 'mail', n, 1, n, '' FROM ids WHERE n % 10 = 0;
INSERT INTO bus_dead_letters SELECT n, 'mail', 'm' || n, 'orders', '[]', 1, '', n FROM ids WHERE n % 10 = 0;
INSERT INTO events_seen SELECT 'mail', 'e' || n, n FROM ids;
INSERT INTO baskets SELECT 1, other, '[]', n FROM ids WHERE n % 5 = 0;
INSERT INTO operators_log (at_ms, operator, operation, target, details, trace_id, dry_run)
    SELECT n, 'o' || n % 50, 'p' || n % 50, 't' || n, '', '', 0 FROM ids WHERE n % 5 = 0;
INSERT INTO operators SELECT 'o' || n, 1, 'x', 0, 0 FROM generate_series(1, 50) n;
INSERT INTO operator_sessions SELECT decode(md5(n::text) || md5('x'), 'hex'), 'o' || n % 50 + 1, n, n FROM ids WHERE n % 50 = 0;
INSERT INTO stat_days (day) SELECT * FROM generate_series(1, 1000);
INSERT INTO stat_money SELECT d, 'KRW' FROM generate_series(1, 1000) d;
INSERT INTO stat_goods SELECT n % 1000, n / 1000, 'KRW', 1, 1 FROM ids;
INSERT INTO stat_visits SELECT n % 1000, decode(md5(n::text), 'hex') FROM ids;
INSERT INTO stat_customers SELECT other, 1, 1 FROM ids WHERE n % 5 = 0;
INSERT INTO stat_months SELECT n FROM generate_series(1, 100) n;
INSERT INTO stat_retention SELECT a, b FROM generate_series(1, 100) a, generate_series(1, 50) b;
INSERT INTO leases SELECT 'l' || n, '', 1, 0 FROM generate_series(1, 50) n;
ANALYZE;
"""
SETTINGS = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off;"


def statements():
    macros = {}
    files = sorted(ADAPTERS.glob("postgres_*.[ch]pp"))
    for file in files:
        macros |= macros_of(file.read_text())
    return [(file.name, text) for file in files for text in literals(file.read_text(), macros)
            if VERB.match(text) and not text.startswith("SELECT write_batch")]


class Database:
    def __init__(self, postgres):
        self.url = postgres.new_database()
        for file in sorted((ROOT / "schema/postgres").glob("*.sql")):
            self.run(file.read_text())
        self.run("CREATE TABLE migrations (name text PRIMARY KEY, applied_ms bigint NOT NULL);"
                 "SELECT make_order_partitions(now() - interval '1 month', now() + interval '1 month');")
        self.run(FILL)

    def run(self, sql):
        done = subprocess.run([str(PROGRAMS / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.url],
                              input=sql, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout

    def plan(self, sql):
        """The generic plan. The program declares its parameters' types; where PostgreSQL cannot infer one, any will do."""
        count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
        types = ["unknown"] * count
        for _ in range(30):
            prepare = f"PREPARE one{'(' + ', '.join(types) + ')' if count else ''} AS {sql};"
            nulls = f"({', '.join(['NULL'] * count)})" if count else ""
            try:
                return json.loads(self.run(f"{SETTINGS} {prepare} EXPLAIN (FORMAT JSON) EXECUTE one{nulls};"))[0]["Plan"]
            except RuntimeError as error:
                unknown = re.search(r"could not determine data type of parameter \$(\d+)", str(error))
                if not unknown:
                    raise
                types[int(unknown.group(1)) - 1] = "text"
        raise RuntimeError("no types found for " + sql)


def scans(plan):
    """Tables that the plan reads from end to end."""
    found = [plan["Relation Name"]] if plan["Node Type"] in ("Seq Scan", "Parallel Seq Scan") else []
    # An index read without a condition, and without a LIMIT that ends it, is a whole table too.
    for child in plan.get("Plans", []):
        found += scans(child)
    return found


class QueryPlans(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.database = Database(cls.postgres)

    @classmethod
    def tearDownClass(cls):
        cls.postgres.__exit__()

    def test_every_statement_compiles_and_none_reads_a_growing_table_whole(self):
        wrong = []
        for file, sql in statements():
            try:
                plan = self.database.plan(sql)
            except RuntimeError as error:
                wrong.append(f"{file}: {sql}\n    {error}")
                continue
            whole = [table for table in scans(plan) if re.sub(r"_(\d{4}_\d\d|of_other_times)$", "", table) not in BOUNDED]
            if whole:
                wrong.append(f"{file}: {sql}\n    reads all of {', '.join(whole)}")
        self.assertGreater(len(statements()), 120)
        self.assertEqual([], wrong, "\n" + "\n".join(wrong))

    def test_a_scan_would_be_seen(self):
        self.assertEqual(self.database.run("SELECT count(*) FROM orders").strip(), str(ORDERS))
        self.assertIn("payments", scans(self.database.plan("SELECT * FROM payments WHERE outcome = $1")))


if __name__ == "__main__":
    unittest.main()
