-- What operators do, and the second factor of their log-in.

CREATE TABLE operator_totp (
    name       text COLLATE "C" PRIMARY KEY REFERENCES operators (name),
    nonce      bytea NOT NULL,        -- the secret is made of it and the shop's own
    confirmed  bigint NOT NULL DEFAULT 0,                      -- 1: asked for at every log-in
    last_step  bigint NOT NULL DEFAULT 0                       -- codes of it and before have been used
);

CREATE TABLE operator_recovery_codes (
    name       text NOT NULL REFERENCES operators (name),
    key        bytea NOT NULL CHECK (length(key) = 32),          -- BLAKE2b-256 of the code
    PRIMARY KEY (name, key)
);

-- Kept for ever. An entry is written before the action and ended after it: one without an end tells of a program that
-- died in between.
CREATE TABLE operators_log (
    entry      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at_ms      bigint NOT NULL,
    operator   text COLLATE "C" NOT NULL,
    operation  text COLLATE "C" NOT NULL,                                -- the route's operation id
    target     text COLLATE "C" NOT NULL,                                -- an order, a SKU, a sale, an operator; may be empty
    details    text NOT NULL,                                -- JSON, what was asked for, without secrets
    trace_id   text NOT NULL,
    dry_run    bigint NOT NULL,
    status     bigint,                                         -- of the answer; none: not ended
    problem    text NOT NULL DEFAULT ''                      -- its type, when it was refused
);
CREATE INDEX operators_log_by_operator ON operators_log (operator, entry);
CREATE INDEX operators_log_by_operation ON operators_log (operation, entry);
CREATE INDEX operators_log_by_target ON operators_log (target, entry);
CREATE INDEX operators_log_by_time ON operators_log (at_ms);
