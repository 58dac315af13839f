-- What operators do, and the second factor of their log-in.

ALTER TABLE operators ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;

CREATE TABLE operator_totp (
    name       TEXT PRIMARY KEY REFERENCES operators (name),
    nonce      BLOB NOT NULL CHECK (length(nonce) = 16),        -- the secret is made of it and the shop's own
    confirmed  INTEGER NOT NULL DEFAULT 0,                      -- 1: asked for at every log-in
    last_step  INTEGER NOT NULL DEFAULT 0                       -- codes of it and before have been used
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_recovery_codes (
    name       TEXT NOT NULL REFERENCES operators (name),
    key        BLOB NOT NULL CHECK (length(key) = 32),          -- BLAKE2b-256 of the code
    PRIMARY KEY (name, key)
) STRICT, WITHOUT ROWID;

-- Kept for ever. An entry is written before the action and ended after it: one without an end tells of a program that
-- died in between.
CREATE TABLE operators_log (
    entry      INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms      INTEGER NOT NULL,
    operator   TEXT    NOT NULL,
    operation  TEXT    NOT NULL,                                -- the route's operation id
    target     TEXT    NOT NULL,                                -- an order, a SKU, a sale, an operator; may be empty
    details    TEXT    NOT NULL,                                -- JSON, what was asked for, without secrets
    trace_id   TEXT    NOT NULL,
    dry_run    INTEGER NOT NULL,
    status     INTEGER,                                         -- of the answer; none: not ended
    problem    TEXT    NOT NULL DEFAULT ''                      -- its type, when it was refused
) STRICT;
CREATE INDEX operators_log_by_operator ON operators_log (operator, entry);
CREATE INDEX operators_log_by_operation ON operators_log (operation, entry);
CREATE INDEX operators_log_by_target ON operators_log (target, entry);
CREATE INDEX operators_log_by_time ON operators_log (at_ms);
