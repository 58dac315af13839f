-- The products. Price, weight and whether it is hidden stand in `offers`: one truth for shelf and till.
CREATE TABLE products (
    sku_no      bigint PRIMARY KEY REFERENCES offers,
    content     text NOT NULL,              -- JSON: what shoppers read; equal content has equal bytes
    category    text NOT NULL,              -- domain::category_path, all levels
    change_no   bigint NOT NULL UNIQUE,       -- of its newest change, for whoever follows the changes
    version     bigint NOT NULL,
    created_ms  bigint NOT NULL,
    updated_ms  bigint NOT NULL
);

-- Counted as products come and go, so that nobody has to count them.
CREATE TABLE categories (
    path        text COLLATE "C" NOT NULL PRIMARY KEY,
    level       bigint NOT NULL,
    name        text NOT NULL,              -- JSON {"en":…}
    products    bigint NOT NULL CHECK (products >= 0)  -- not hidden, below it too
);

CREATE TABLE catalogue_state (
    one         bigint PRIMARY KEY CHECK (one = 1),
    products    bigint NOT NULL,
    change_no   bigint NOT NULL               -- the last one given out
);
INSERT INTO catalogue_state VALUES (1, 0, 0);
