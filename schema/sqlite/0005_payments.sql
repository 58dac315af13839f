-- What the shop remembers of payments beside its orders.

CREATE TABLE payments (
    payment_id  BLOB    NOT NULL PRIMARY KEY,  -- a hash of customer, order and key: a repeated request finds itself
    order_id    BLOB    NOT NULL,
    request_hash BLOB   NOT NULL,
    outcome     INTEGER NOT NULL,              -- ports::PaymentJournal::Outcome
    opened_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX payments_by_age ON payments (opened_ms);

-- Money owed back: written before the gateway is asked, kept for ever.
CREATE TABLE refunds (
    payment_id  BLOB    NOT NULL PRIMARY KEY,
    order_id    BLOB    NOT NULL,
    reason      INTEGER NOT NULL,              -- ports::PaymentJournal::RefundReason
    restock     INTEGER NOT NULL,
    intended_ms INTEGER NOT NULL,
    try_ms      INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0,
    done_ms     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_due ON refunds (try_ms) WHERE done_ms IS NULL;
