-- The shop's one secret, the same for all processes: made by the first one that opens the database.

CREATE TABLE shop_secret (
    one         integer NOT NULL PRIMARY KEY CHECK (one = 1),
    root        bytea NOT NULL CHECK (length(root) = 32)
);
