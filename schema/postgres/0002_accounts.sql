-- Customers, the addresses they have claimed, their sessions, the letters to write to them; operators and theirs.

CREATE TABLE customers (
    id               uuid PRIMARY KEY,  -- UUIDv7, bucket in the last 12 bits
    email            text NOT NULL,                             -- as typed, trimmed, NFC
    password_hash    text NOT NULL,                             -- PHC text
    password_version bigint NOT NULL,
    locale           bigint NOT NULL,
    verified_at      bigint,                                   -- unix ms; NULL: not yet
    created_at       bigint NOT NULL
);

-- One row an address, for ever: the one constraint that keeps twins out.
CREATE TABLE email_claims (
    address    text COLLATE "C" PRIMARY KEY,                                -- NFC, trimmed, case folded
    customer   uuid NOT NULL REFERENCES customers (id),
    state      bigint NOT NULL CHECK (state IN (1, 2)),        -- 1 pending, 2 active
    claimed_at bigint NOT NULL
);
CREATE INDEX email_claims_of_customer ON email_claims (customer);

CREATE TABLE sessions (
    key        bytea PRIMARY KEY CHECK (length(key) = 32),       -- BLAKE2b-256 of the token
    customer   uuid NOT NULL REFERENCES customers (id),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sessions_of_customer ON sessions (customer, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Mailed links: verify (1), reset (2).
CREATE TABLE account_links (
    key        bytea PRIMARY KEY CHECK (length(key) = 32),       -- BLAKE2b-256 of the token
    purpose    bigint NOT NULL,
    customer   uuid NOT NULL REFERENCES customers (id),
    expires_at bigint NOT NULL
);
CREATE INDEX account_links_of_customer ON account_links (customer);
CREATE INDEX account_links_by_expiry ON account_links (expires_at);

-- Letters that were asked for and are not sent yet.
CREATE TABLE account_letters (
    id       uuid PRIMARY KEY,          -- UUIDv7
    kind     bigint NOT NULL,
    address  text NOT NULL,                                     -- a claim, which nobody may have
    due_at   bigint NOT NULL,
    attempts bigint NOT NULL DEFAULT 0
);
CREATE INDEX account_letters_by_due ON account_letters (due_at, id);

CREATE TABLE operators (
    name          text COLLATE "C" PRIMARY KEY,
    role          bigint NOT NULL,
    password_hash text NOT NULL,
    created_at    bigint NOT NULL,
    disabled      bigint NOT NULL DEFAULT 0
);

CREATE TABLE operator_sessions (
    key        bytea PRIMARY KEY CHECK (length(key) = 32),
    name       text NOT NULL REFERENCES operators (name),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX operator_sessions_of_operator ON operator_sessions (name);
CREATE INDEX operator_sessions_by_expiry ON operator_sessions (expires_at);
-- Accounts whose address was never verified are forgotten after some weeks; this finds them and stays small.
CREATE INDEX customers_unverified ON customers (created_at) WHERE verified_at IS NULL;
