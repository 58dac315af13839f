-- Customers, the addresses they have claimed, their sessions, the letters to write to them; operators and theirs.

CREATE TABLE customers (
    id               BLOB PRIMARY KEY CHECK (length(id) = 16),  -- UUIDv7, bucket in the last 12 bits
    email            TEXT NOT NULL,                             -- as typed, trimmed, NFC
    password_hash    TEXT NOT NULL,                             -- PHC text
    password_version INTEGER NOT NULL,          
    locale           INTEGER NOT NULL,
    verified_at      INTEGER,                                   -- unix ms; NULL: not yet
    created_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row an address, for ever: the one constraint that keeps twins out.
CREATE TABLE email_claims (
    address    TEXT PRIMARY KEY,                                -- NFC, trimmed, case folded
    customer   BLOB NOT NULL REFERENCES customers (id),
    state      INTEGER NOT NULL CHECK (state IN (1, 2)),        -- 1 pending, 2 active
    claimed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX email_claims_of_customer ON email_claims (customer);

CREATE TABLE sessions (
    key        BLOB PRIMARY KEY CHECK (length(key) = 32),       -- BLAKE2b-256 of the token
    customer   BLOB NOT NULL REFERENCES customers (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_customer ON sessions (customer, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Mailed links: verify (1), reset (2).
CREATE TABLE account_links (
    key        BLOB PRIMARY KEY CHECK (length(key) = 32),       -- BLAKE2b-256 of the token
    purpose    INTEGER NOT NULL,
    customer   BLOB NOT NULL REFERENCES customers (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_links_of_customer ON account_links (customer);
CREATE INDEX account_links_by_expiry ON account_links (expires_at);

-- Letters that were asked for and are not sent yet.
CREATE TABLE account_letters (
    id       BLOB PRIMARY KEY CHECK (length(id) = 16),          -- UUIDv7
    kind     INTEGER NOT NULL,
    address  TEXT NOT NULL,                                     -- a claim, which nobody may have
    due_at   INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX account_letters_by_due ON account_letters (due_at, id);

CREATE TABLE operators (
    name          TEXT PRIMARY KEY,
    role          INTEGER NOT NULL,
    password_hash TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_sessions (
    key        BLOB PRIMARY KEY CHECK (length(key) = 32),
    name       TEXT NOT NULL REFERENCES operators (name),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_sessions_of_operator ON operator_sessions (name);
CREATE INDEX operator_sessions_by_expiry ON operator_sessions (expires_at);
