-- Orders, stock, sales, the ledger and the outbox of one site.

-- SKUs by number, so that the tables that grow hold a small integer instead of a text.
CREATE TABLE offers (
    sku_no      INTEGER PRIMARY KEY,
    sku         TEXT    NOT NULL UNIQUE,
    price_minor INTEGER,                       -- none: shown, not sold
    currency    TEXT,
    hidden      INTEGER NOT NULL DEFAULT 0,
    weight_g    INTEGER NOT NULL DEFAULT 0,
    version     INTEGER NOT NULL DEFAULT 1     -- raised when the price changes
) STRICT;

-- This site's allotment.
CREATE TABLE stock (
    sku_no      INTEGER PRIMARY KEY REFERENCES offers,
    received    INTEGER NOT NULL DEFAULT 0 CHECK (received >= 0),
    available   INTEGER NOT NULL DEFAULT 0 CHECK (available >= 0),
    reserved    INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    sold        INTEGER NOT NULL DEFAULT 0 CHECK (sold >= 0),
    in_transfer INTEGER NOT NULL DEFAULT 0 CHECK (in_transfer >= 0),
    withdrawn   INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn >= 0),
    CHECK (received = available + reserved + sold + in_transfer + withdrawn)
) STRICT;

CREATE TABLE sales (
    sale_no     INTEGER PRIMARY KEY,
    sale_id     BLOB    NOT NULL UNIQUE,
    name_json   TEXT    NOT NULL,
    state       INTEGER NOT NULL,              -- domain::SaleState
    opens_ms    INTEGER NOT NULL,
    closes_ms   INTEGER,
    line_enabled INTEGER NOT NULL,
    line_draw   INTEGER NOT NULL,
    admissions_per_s_max INTEGER NOT NULL,
    admission_valid_s INTEGER NOT NULL
) STRICT;
CREATE INDEX sales_by_state ON sales (state, opens_ms);

CREATE TABLE sale_items (
    sale_no     INTEGER NOT NULL REFERENCES sales,
    position    INTEGER NOT NULL,
    sku_no      INTEGER NOT NULL REFERENCES offers,
    units       INTEGER NOT NULL CHECK (units > 0),
    taken       INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0 AND taken <= units),
    price_minor INTEGER NOT NULL CHECK (price_minor >= 0),
    currency    TEXT    NOT NULL,
    limit_per_customer INTEGER NOT NULL CHECK (limit_per_customer > 0),
    PRIMARY KEY (sale_no, position)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sale_items_by_sku ON sale_items (sku_no, sale_no);

CREATE TABLE orders (
    order_id    BLOB    NOT NULL PRIMARY KEY,  -- UUIDv7: rows arrive in the order of their keys
    customer_id BLOB    NOT NULL,
    sale_no     INTEGER,
    state       INTEGER NOT NULL,              -- domain::OrderState
    placed_ms   INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL,
    hold_ms     INTEGER NOT NULL,
    total_minor INTEGER NOT NULL,
    shipping_minor INTEGER NOT NULL,
    currency    TEXT    NOT NULL,
    receipt_seq INTEGER NOT NULL,              -- the ledger entry of the first line's reservation
    receipt_hash BLOB   NOT NULL,
    payment_id  BLOB,
    captured_ms INTEGER,
    refunded_ms INTEGER,
    tracking    TEXT,
    address     TEXT    NOT NULL               -- JSON
) STRICT, WITHOUT ROWID;
-- Only orders that wait for something are in these, so they stay small.
CREATE INDEX orders_on_hold ON orders (hold_ms) WHERE state = 1;
CREATE INDEX orders_paying ON orders (updated_ms) WHERE state = 2;

CREATE TABLE order_lines (
    order_id    BLOB    NOT NULL,
    line_no     INTEGER NOT NULL,
    sku_no      INTEGER NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    unit_price_minor INTEGER NOT NULL,
    price_version INTEGER NOT NULL,
    PRIMARY KEY (order_id, line_no)
) STRICT, WITHOUT ROWID;

-- All that the order path must know of one customer, in one place of one tree: a random customer then costs one page of
-- the log instead of three. kind 1: units held or bought in a sale; a = sale_no, b = sku_no (8 bytes each, big-endian in
-- `key`). kind 2: an idempotency key and its verdict. kind 3: an order, for the customer's list (key = order id).
CREATE TABLE customer_records (
    customer_id BLOB    NOT NULL,
    kind        INTEGER NOT NULL,
    key         BLOB    NOT NULL,
    at_ms       INTEGER NOT NULL,
    units       INTEGER,                       -- kind 1
    request_hash BLOB,                         -- kind 2
    order_id    BLOB,                          -- kind 2, granted
    refusal     TEXT,                          -- kind 2, refused: JSON {"reason":n,"lines":[[sku,n]…]}
    PRIMARY KEY (customer_id, kind, key)
) STRICT, WITHOUT ROWID;

-- News of customer_records that has not been carried over to it yet, in the order it came: appending is cheap where a
-- random customer's page is not. A row may hold a key's verdict, what the customer holds after it, or both; a later row
-- about the same thing wins, here and over customer_records.
CREATE TABLE customer_journal (
    position    INTEGER PRIMARY KEY,
    customer_id BLOB    NOT NULL,
    at_ms       INTEGER NOT NULL,
    key         BLOB,
    request_hash BLOB,
    order_id    BLOB,                          -- granted; else
    refusal     TEXT,
    limit_key   BLOB,
    units       INTEGER
) STRICT;

CREATE TABLE ledger_epochs (
    epoch       INTEGER PRIMARY KEY,
    started_ms  INTEGER NOT NULL,
    first_seq   INTEGER NOT NULL,              -- of the entry this epoch writes first
    genesis     BLOB    NOT NULL               -- domain::epoch_genesis of the epoch before
) STRICT;

CREATE TABLE ledger (
    sequence    INTEGER PRIMARY KEY,
    epoch       INTEGER NOT NULL,
    at_ms       INTEGER NOT NULL,
    movement    INTEGER NOT NULL,              -- domain::Movement
    sku_no      INTEGER NOT NULL,
    units       INTEGER NOT NULL CHECK (units > 0),
    order_id    BLOB,                          -- none for receive and withdraw
    hash        BLOB    NOT NULL,
    reason      TEXT                           -- operators' words; not hashed
) STRICT;
-- The entries of an order's first reservation are found by its receipt; later ones (capture, release) by this.
CREATE TABLE ledger_of_orders (
    order_id    BLOB    NOT NULL,
    sequence    INTEGER NOT NULL,
    PRIMARY KEY (order_id, sequence)
) STRICT, WITHOUT ROWID;

-- One row a batch: its events travel as one message.
CREATE TABLE outbox (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms       INTEGER NOT NULL,
    topic       TEXT    NOT NULL,
    events      TEXT    NOT NULL,              -- a JSON array
    sent        INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX outbox_unsent ON outbox (position) WHERE sent = 0;
