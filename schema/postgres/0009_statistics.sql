-- Business figures: kept as events and visits come, so that nobody counts orders to see them. Days and months are those of
-- the shop's clock: days since 1970-01-01, months as year * 12 + month - 1.

CREATE TABLE stat_days (
    day         bigint PRIMARY KEY,
    visitors    bigint NOT NULL DEFAULT 0,    -- people, signed in or not
    customers   bigint NOT NULL DEFAULT 0,    -- of them signed in
    signed_up   bigint NOT NULL DEFAULT 0,
    orders      bigint NOT NULL DEFAULT 0,
    paid        bigint NOT NULL DEFAULT 0,
    refunded    bigint NOT NULL DEFAULT 0
);

CREATE TABLE stat_money (
    day         bigint NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    revenue_minor bigint NOT NULL DEFAULT 0,  -- captured that day
    refunded_minor bigint NOT NULL DEFAULT 0, -- given back that day
    PRIMARY KEY (day, currency)
);

CREATE TABLE stat_goods (
    day         bigint NOT NULL,
    sku_no      bigint NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    units       bigint NOT NULL DEFAULT 0,
    revenue_minor bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, sku_no, currency)
);

CREATE TABLE stat_months (
    month       bigint PRIMARY KEY,
    customers   bigint NOT NULL DEFAULT 0     -- signed in at least once
);

-- Of the customers who were first seen in a month, how many came again so many months later (0: all of them).
CREATE TABLE stat_retention (
    cohort      bigint NOT NULL,
    months_later bigint NOT NULL,
    customers   bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (cohort, months_later)
);

-- Who has been counted: 16 bytes of a customer's id, or 8 of a hash that is another one tomorrow. Old days are forgotten.
CREATE TABLE stat_visits (
    day         bigint NOT NULL,
    visitor     bytea NOT NULL,
    PRIMARY KEY (day, visitor)
);

CREATE TABLE stat_customers (
    customer_id uuid NOT NULL PRIMARY KEY,
    first_month bigint NOT NULL,
    last_month  bigint NOT NULL
);

-- The last comparison with a recount.
CREATE TABLE stat_check (
    one         bigint PRIMARY KEY CHECK (one = 1),
    checked_ms  bigint NOT NULL,
    days        bigint NOT NULL,
    differences text NOT NULL               -- a JSON array
);
