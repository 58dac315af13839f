"""A customer's list of orders on PostgreSQL: how long its first page takes, with few orders in the shop and with many."""
import http.client
import json
import random
import time
import urllib.parse

CUSTOMERS = 200  # who share all orders, so each has more of them too

# One order that was placed is copied, so its rows are such as the shop writes; paid, so that no job looks at them. The ids
# hold times of the last 22 hours.
FILL = """
CREATE TEMP TABLE placed AS SELECT * FROM orders LIMIT 1;
CREATE TEMP TABLE bought AS SELECT l.* FROM order_lines l JOIN placed p USING (order_id);
CREATE TEMP TABLE copies AS SELECT n, (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - n * {step_ms}), 12, '0') ||
    '70008' || lpad(to_hex(n), 15, '0'))::uuid AS id FROM generate_series(1, {orders}) n;
INSERT INTO orders SELECT c.id, ('{{{customers}}}'::uuid[])[1 + c.n % {count}], p.sale_no, 3, p.placed_ms - c.n * {step_ms},
    p.updated_ms, p.hold_ms, p.total_minor, p.shipping_minor, p.currency, p.receipt_seq, p.receipt_hash, c.id, p.placed_ms,
    NULL, NULL, p.address FROM placed p, copies c;
INSERT INTO order_lines SELECT c.id, b.line_no, b.sku_no, b.quantity, b.unit_price_minor, b.price_version
    FROM bought b, copies c;
"""


class Lists:
    """A shop on `database` of `postgres` with so many orders, paid ones of its customers."""

    def __init__(self, shop, postgres, database, orders):
        self.customers = shop.call("POST", "/admin/v1/rehearsal/sessions", {"count": CUSTOMERS, "prefix": "o"})["sessions"]
        shop.add_product("mug", 1000, 100)
        address = urllib.parse.urlparse(shop.url)
        self.connection = http.client.HTTPConnection(address.hostname, address.port)
        self._ask("POST", "/api/v1/orders", self.customers[0], {
            "currency": "KRW", "lines": [{"sku": "mug", "quantity": 1, "unit_price_minor": 1000}],
            "address": {"recipient": "Kim", "line1": "1 Road", "city": "Seoul", "postal_code": "04524", "country": "KR"}})
        ids = ",".join(one["customer"] for one in self.customers)
        postgres.sql(database, FILL.format(orders=orders, customers=ids, count=CUSTOMERS, step_ms=22 * 3_600_000 // orders))
        postgres.sql(database, "VACUUM ANALYZE")

    def _ask(self, method, path, customer, body=None):
        headers = {"Authorization": "Bearer " + customer["token"], "Content-Type": "application/json"}
        if body:
            headers["Idempotency-Key"] = "the-one-to-copy"
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def percentile_ms(self, lists, part):
        """Of so many first pages of 20, each of a customer by chance."""
        order = random.Random(1)
        took = []
        for _ in range(lists):
            customer = order.choice(self.customers)
            begun = time.perf_counter()
            page = self._ask("GET", "/api/v1/orders?limit=20", customer)
            took.append((time.perf_counter() - begun) * 1000)
            if len(page["items"]) != 20:
                raise RuntimeError(f"a page of {len(page['items'])} orders")
        took.sort()
        return took[min(len(took) - 1, int(len(took) * part))]
