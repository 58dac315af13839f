-- The products. Price, weight and whether it is hidden stand in `offers`: one truth for shelf and till.
CREATE TABLE products (
    sku_no      INTEGER PRIMARY KEY REFERENCES offers,
    content     TEXT    NOT NULL,              -- JSON: what shoppers read; equal content has equal bytes
    category    TEXT    NOT NULL,              -- domain::category_path, all levels
    change_no   INTEGER NOT NULL UNIQUE,       -- of its newest change, for whoever follows the changes
    version     INTEGER NOT NULL,
    created_ms  INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL
) STRICT;

-- Counted as products come and go, so that nobody has to count them.
CREATE TABLE categories (
    path        TEXT    NOT NULL PRIMARY KEY,
    level       INTEGER NOT NULL,
    name        TEXT    NOT NULL,              -- JSON {"en":…}
    products    INTEGER NOT NULL CHECK (products >= 0)  -- not hidden, below it too
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogue_state (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    products    INTEGER NOT NULL,
    change_no   INTEGER NOT NULL               -- the last one given out
) STRICT;
INSERT INTO catalogue_state VALUES (1, 0, 0);
