-- Business figures: kept as events and visits come, so that nobody counts orders to see them. Days and months are those of
-- the shop's clock: days since 1970-01-01, months as year * 12 + month - 1.

CREATE TABLE stat_days (
    day         INTEGER PRIMARY KEY,
    visitors    INTEGER NOT NULL DEFAULT 0,    -- people, signed in or not
    customers   INTEGER NOT NULL DEFAULT 0,    -- of them signed in
    signed_up   INTEGER NOT NULL DEFAULT 0,
    orders      INTEGER NOT NULL DEFAULT 0,
    paid        INTEGER NOT NULL DEFAULT 0,
    refunded    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE stat_money (
    day         INTEGER NOT NULL,
    currency    TEXT    NOT NULL,
    revenue_minor INTEGER NOT NULL DEFAULT 0,  -- captured that day
    refunded_minor INTEGER NOT NULL DEFAULT 0, -- given back that day
    PRIMARY KEY (day, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE stat_goods (
    day         INTEGER NOT NULL,
    sku_no      INTEGER NOT NULL,
    currency    TEXT    NOT NULL,
    units       INTEGER NOT NULL DEFAULT 0,
    revenue_minor INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, sku_no, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE stat_months (
    month       INTEGER PRIMARY KEY,
    customers   INTEGER NOT NULL DEFAULT 0     -- signed in at least once
) STRICT;

-- Of the customers who were first seen in a month, how many came again so many months later (0: all of them).
CREATE TABLE stat_retention (
    cohort      INTEGER NOT NULL,
    months_later INTEGER NOT NULL,
    customers   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (cohort, months_later)
) STRICT, WITHOUT ROWID;

-- Who has been counted: 16 bytes of a customer's id, or 8 of a hash that is another one tomorrow. Old days are forgotten.
CREATE TABLE stat_visits (
    day         INTEGER NOT NULL,
    visitor     BLOB    NOT NULL,
    PRIMARY KEY (day, visitor)
) STRICT, WITHOUT ROWID;

CREATE TABLE stat_customers (
    customer_id BLOB    NOT NULL PRIMARY KEY,
    first_month INTEGER NOT NULL,
    last_month  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last comparison with a recount.
CREATE TABLE stat_check (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    checked_ms  INTEGER NOT NULL,
    days        INTEGER NOT NULL,
    differences TEXT    NOT NULL               -- a JSON array
) STRICT;
