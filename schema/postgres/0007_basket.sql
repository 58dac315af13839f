-- Baskets: one row each, since a basket is read and written whole and holds 50 lines at most.

CREATE TABLE baskets (
    kind       bigint NOT NULL CHECK (kind IN (1, 2)),  -- 1: a customer's, 2: a visitor's who has not logged in
    owner      uuid NOT NULL,
    lines      text NOT NULL,                         -- [["sku", quantity, price seen in minor units], …]
    touched_ms bigint NOT NULL,
    PRIMARY KEY (kind, owner)
);
CREATE INDEX baskets_by_touch ON baskets (kind, touched_ms);
