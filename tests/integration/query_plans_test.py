"""No statement of the embedded adapters reads a table that grows from end to end.

Every SQL literal of src/adapters/embedded is compiled against the migrated schema, and SQLite tells how it would run it.
"""

import pathlib
import re
import sqlite3
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ADAPTERS = ROOT / "src/adapters/embedded"
# Stands in for the program's table-valued function of the same name.
BATCH_ROWS = "CREATE TABLE batch_rows (" + ", ".join(f"c{n}" for n in range(13)) + ");"
MIGRATIONS_TABLE = "CREATE TABLE migrations (name TEXT PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT;"

# Tables that stay small, so reading all of one is fine.
BOUNDED = {
    "batch_rows": "what the program has in hand for one table",
    "bus_groups": "one row a consumer that the program has",
    "customer_journal": "news that customer_records does not have yet; the order book carries it over as it comes",
    "ledger_epochs": "one row a start of the program, and only the newest is read",
    "migrations": "one row a file of the schema",
    "operators": "one row an employee",
    "sqlite_master": "one row a table",
}
# Ranges with one open end that no LIMIT closes, and what closes them.
OPEN_RANGES = {
    "SELECT position, message_id, topic, body FROM bus_messages WHERE position > ?1": "the reader stops stepping",
    "SELECT o.order_id, o.customer_id, s.sale_id, o.state": "an operator's page: of the orders that hold units all are looked at",
    "SELECT path, level, name, products FROM categories": "one row a category of the shop; all of them are the answer",
    "SELECT key FROM customer_records WHERE customer_id = ?1 AND kind = 3": "the reader stops stepping after a page",
}

TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/
    |R"(?P<mark>\w*)\((?P<raw>.*?)\)(?P=mark)"
    |"(?P<text>(?:[^"\\\n]|\\.)*)"
    |'(?:[^'\\]|\\.)'
    |(?P<name>[A-Za-z_]\w*)|(?P<space>(?:\s|\\\n)+)|(?P<other>.)""", re.S | re.X)
VERB = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b")
DEFINE = re.compile(r'^#define (\w+)((?:[^\n]*\\\n)*[^\n]*)$', re.M)


def macros_of(text):
    return {name: "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body)) for name, body in DEFINE.findall(text) if '"' in body}


def literals(text, macros):
    """String literals as the compiler joins them, macros of literals among them."""
    current = None
    for token in TOKEN.finditer(DEFINE.sub("", text)):
        piece = token["raw"] if token["raw"] is not None else token["text"]
        if piece is None and token["name"] in macros:
            piece = macros[token["name"]]
        if piece is not None:
            current = (current or "") + piece.replace("\\n", "\n").replace('\\"', '"')
        elif (token["name"] or token["other"]) and current is not None:
            yield current
            current = None


def statements():
    """(file, statement) of every adapter on the shop's store; and those of the sandbox's gateway with its own schema."""
    macros = {}
    files = sorted(ADAPTERS.glob("*.[ch]pp"))
    for file in files:
        macros |= macros_of(file.read_text())
    store, sandbox = [], []
    for file in files:
        of_file = sandbox if file.name.startswith("sandbox") else store
        of_file += [(file.name, text) for text in literals(file.read_text(), macros) if VERB.match(text)]
    return store, sandbox


def migrated():
    database = sqlite3.connect(":memory:")
    database.executescript(MIGRATIONS_TABLE + BATCH_ROWS)
    for file in sorted((ROOT / "schema/sqlite").glob("*.sql")):
        database.executescript(file.read_text())
    return database


def sandbox_store():
    file = ADAPTERS / "sandbox_payment_gateway.cpp"
    database = sqlite3.connect(":memory:")
    for text in literals(file.read_text(), {}):
        if "CREATE TABLE" in text:
            database.executescript(text)
    return database


def squeezed(sql):
    return " ".join(sql.split())


def table_of(name, sql):
    """Plans name aliases."""
    for table, alias in re.findall(r"(?:FROM|JOIN|INTO|UPDATE|,)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?", sql):
        if name == alias:
            return table
    return name


def violations(database, sql):
    """What is wrong with the way SQLite would run it; raises sqlite3.Error when it is no statement of this schema."""
    sql = squeezed(sql).replace("batch_rows(?1)", "batch_rows")
    numbered = [int(number) for number in re.findall(r"\?(\d+)", sql)]
    values = [None] * max([*numbered, len(re.findall(r"\?(?!\d)", sql))], default=0) if "?" in sql else []
    plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + sql, values)]
    # From one end of a key to a number of rows that the statement itself says.
    stops = re.search(r"\bLIMIT (\?\d+|\d+)", sql) and not any("TEMP B-TREE" in step for step in plan)
    return [step for step in plan if is_long_scan(step, sql, stops) or is_long_range(step, sql, stops, database) or "AUTOMATIC" in step]


def is_long_scan(step, sql, stops):
    if not step.startswith("SCAN") or "CONSTANT ROW" in step:
        return False
    name = step.split()[1]
    table = table_of(name, sql)
    from_one_end = stops and re.search(rf"FROM {table}(?: {name})?(?: ORDER BY [\w., ]+)? LIMIT ", sql)
    subquery = re.search(rf"\) (?:AS )?{name}\b", sql)  # judged where it stands
    return not (table in BOUNDED or from_one_end or subquery)


def is_long_range(step, sql, stops, database):
    """A search by nothing but one end of a range reads all the rest."""
    if not step.startswith("SEARCH") or "=?" in step or "(" not in step or table_of(step.split()[1], sql) in BOUNDED:
        return False
    index = re.search(r"USING (?:COVERING )?INDEX (\w+)", step)
    return not (stops and not filters_more(sql)
                or re.search(r"\(\w+>\? AND \w+<\?\)", step)
                or index and is_partial(database, index[1])
                or any(sql.startswith(known) for known in OPEN_RANGES))


def filters_more(sql):
    """Conditions beside the range drop rows that a LIMIT then does not count."""
    where = re.search(r" WHERE (.*?)( ORDER BY | LIMIT |$)", sql)
    return bool(where and " AND " in where[1])


def is_partial(database, index):
    """Indexes of rows that wait for something: they stay small."""
    row = database.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", [index]).fetchone()
    return bool(row and row[0] and " WHERE " in row[0])


class QueryPlans(unittest.TestCase):
    def check(self, database, found):
        for file, sql in found:
            with self.subTest(file=file, sql=squeezed(sql)):
                self.assertEqual(violations(database, sql), [])

    def test_no_statement_scans_a_table_that_grows(self):
        store, _ = statements()
        self.assertGreater(len(store), 140, "the statements are no longer found")
        self.check(migrated(), store)

    def test_the_sandbox_gateway_does_not_scan_either(self):
        _, sandbox = statements()
        self.assertGreater(len(sandbox), 5, "the statements are no longer found")
        self.check(sandbox_store(), sandbox)

    def test_every_execution_names_a_literal_that_was_read(self):
        """`query(` and `run(` of a connection take literals: what is not one would escape this test."""
        for file in sorted(ADAPTERS.glob("*.cpp")):
            for call in re.findall(r"\b(?:connection_?|c|writer)\.(?:query|run)\(\s*([^\s])", file.read_text()):
                self.assertEqual(call, '"', f"{file.name} runs something that is not a literal")

    def test_the_exceptions_are_still_needed(self):
        all_sql = [squeezed(sql) for _, sql in sum(statements(), [])]
        for known in OPEN_RANGES:
            self.assertTrue(any(sql.startswith(known) for sql in all_sql), known)

    def test_planted_scans_are_found(self):
        database = migrated()
        for sql in (
            "SELECT order_id FROM orders WHERE total_minor > ?1",
            "SELECT order_id FROM orders WHERE customer_id = ?1 LIMIT 1",
            "SELECT l.sequence FROM ledger l WHERE l.order_id = ?1 ORDER BY l.at_ms",
            "DELETE FROM customer_records WHERE kind = 2 AND at_ms < ?1",
            "SELECT count(*) FROM products",
            "SELECT key FROM sessions WHERE expires_at > ?1",
            "UPDATE outbox SET sent = 1 WHERE at_ms < ?1",
            "SELECT sku FROM offers ORDER BY price_minor LIMIT 5",
            "SELECT o.order_id FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id = ?1",
        ):
            with self.subTest(sql=sql):
                self.assertNotEqual(violations(database, sql), [])
        for sql in ("SELECT FROM orders", "SELECT 1 FROM gone"):
            with self.subTest(sql=sql), self.assertRaises(sqlite3.Error):
                violations(database, sql)

    def test_statements_split_into_literals_and_macros_are_read_whole(self):
        text = '#define COLUMNS \\\n    "a, " \\\n    "b"\nc.query("SELECT " COLUMNS  // what\n   " FROM t", x); c.run(R"sql(DELETE FROM t)sql");'
        self.assertEqual(list(literals(text, macros_of(text))), ["SELECT a, b FROM t", "DELETE FROM t"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
