-- What the shop remembers of payments beside its orders.

CREATE TABLE payments (
    payment_id  uuid NOT NULL PRIMARY KEY,  -- a hash of customer, order and key: a repeated request finds itself
    order_id    uuid NOT NULL,
    request_hash bytea NOT NULL,
    outcome     bigint NOT NULL,              -- ports::PaymentJournal::Outcome
    opened_ms   bigint NOT NULL
);
CREATE INDEX payments_by_age ON payments (opened_ms);

-- Money owed back: written before the gateway is asked, kept for ever.
CREATE TABLE refunds (
    payment_id  uuid NOT NULL PRIMARY KEY,
    order_id    uuid NOT NULL,
    reason      bigint NOT NULL,              -- ports::PaymentJournal::RefundReason
    restock     bigint NOT NULL,
    intended_ms bigint NOT NULL,
    try_ms      bigint NOT NULL,
    tries       bigint NOT NULL DEFAULT 0,
    done_ms     bigint
);
CREATE INDEX refunds_due ON refunds (try_ms) WHERE done_ms IS NULL;
-- An operator who looks at an order sees every attempt to pay it. Payments follow their orders closely, so this grows at
-- one end too.
CREATE INDEX payments_of_orders ON payments (order_id);
