-- Orders, stock, sales, the ledger and the outbox of one site.
-- Ids are UUIDv7, so rows arrive in the order of their keys. Times are unix milliseconds. Texts that are keys compare as
-- bytes, whatever the database's own collation. Flags are 0 or 1, as in the other engine, so that the audit asks both alike.

-- SKUs by number, so that the tables that grow hold a number instead of a text.
CREATE TABLE offers (
    sku_no      bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku         text    COLLATE "C" NOT NULL UNIQUE,
    price_minor bigint,                                 -- none: shown, not sold
    currency    text,
    hidden      bigint  NOT NULL DEFAULT 0,
    weight_g    bigint  NOT NULL DEFAULT 0,
    version     bigint  NOT NULL DEFAULT 1              -- raised when the price changes
);

-- This site's allotment. Few rows, written by every batch: room to update them in place.
CREATE TABLE stock (
    sku_no      bigint PRIMARY KEY REFERENCES offers,
    received    bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    available   bigint NOT NULL DEFAULT 0 CHECK (available >= 0),
    reserved    bigint NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    sold        bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
    in_transfer bigint NOT NULL DEFAULT 0 CHECK (in_transfer >= 0),
    withdrawn   bigint NOT NULL DEFAULT 0 CHECK (withdrawn >= 0),
    CHECK (received = available + reserved + sold + in_transfer + withdrawn)
) WITH (fillfactor = 50);

CREATE TABLE sales (
    sale_no     bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sale_id     uuid    NOT NULL UNIQUE,
    name_json   text    NOT NULL,
    state       bigint  NOT NULL,                       -- domain::SaleState
    opens_ms    bigint  NOT NULL,
    closes_ms   bigint,
    line_enabled bigint NOT NULL,
    line_draw   bigint  NOT NULL,
    admissions_per_s_max bigint NOT NULL,
    admission_valid_s bigint NOT NULL
);
CREATE INDEX sales_by_state ON sales (state, opens_ms);

CREATE TABLE sale_items (
    sale_no     bigint NOT NULL REFERENCES sales,
    position    bigint NOT NULL,
    sku_no      bigint NOT NULL REFERENCES offers,
    units       bigint NOT NULL CHECK (units > 0),
    taken       bigint NOT NULL DEFAULT 0 CHECK (taken >= 0 AND taken <= units),
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    currency    text   NOT NULL,
    limit_per_customer bigint NOT NULL CHECK (limit_per_customer > 0),
    PRIMARY KEY (sale_no, position)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX sale_items_by_sku ON sale_items (sku_no, sale_no);

-- Partitioned by time, since an order's id begins with it: make_order_partitions makes a month's ahead of its time.
CREATE TABLE orders (
    order_id    uuid   NOT NULL PRIMARY KEY,
    customer_id uuid   NOT NULL,
    sale_no     bigint,
    state       bigint NOT NULL,                        -- domain::OrderState
    placed_ms   bigint NOT NULL,
    updated_ms  bigint NOT NULL,
    hold_ms     bigint NOT NULL,
    total_minor bigint NOT NULL,
    shipping_minor bigint NOT NULL,
    currency    text   NOT NULL,
    receipt_seq bigint NOT NULL,                        -- the ledger entry of the first line's reservation
    receipt_hash bytea NOT NULL,
    payment_id  uuid,
    captured_ms bigint,
    refunded_ms bigint,
    tracking    text,
    address     text   NOT NULL                         -- JSON
) PARTITION BY RANGE (order_id);
CREATE TABLE orders_of_other_times PARTITION OF orders DEFAULT;
CREATE INDEX orders_of_customers ON orders (customer_id, order_id);
-- Of orders that hold nothing more; the few that do are found by the next two.
CREATE INDEX orders_by_state ON orders (state, order_id) WHERE state > 2;
CREATE INDEX orders_of_sales ON orders (sale_no, order_id) WHERE sale_no IS NOT NULL;
-- Only orders that wait for something are in these, so they stay small.
CREATE INDEX orders_on_hold ON orders (hold_ms) WHERE state = 1;
CREATE INDEX orders_paying ON orders (updated_ms) WHERE state = 2;

CREATE TABLE order_lines (
    order_id    uuid   NOT NULL,
    line_no     bigint NOT NULL,
    sku_no      bigint NOT NULL,
    quantity    bigint NOT NULL CHECK (quantity > 0),
    unit_price_minor bigint NOT NULL,
    price_version bigint NOT NULL,
    PRIMARY KEY (order_id, line_no)
) PARTITION BY RANGE (order_id);
CREATE TABLE order_lines_of_other_times PARTITION OF order_lines DEFAULT;

-- A unique constraint of a partitioned table must hold the partition's key, so these stand by themselves.
CREATE TABLE idempotency_keys (
    customer_id uuid   NOT NULL,
    key         text   COLLATE "C" NOT NULL,
    at_ms       bigint NOT NULL,
    request_hash bytea NOT NULL,
    order_id    uuid,                                   -- granted; else
    refusal     text,                                   -- JSON {"reason":n,"lines":[["sku",n]…]}
    PRIMARY KEY (customer_id, key)
);
-- Units that a customer holds or has bought in a sale.
CREATE TABLE customer_limits (
    customer_id uuid   NOT NULL,
    sale_no     bigint NOT NULL,
    sku_no      bigint NOT NULL,
    units       bigint NOT NULL,
    at_ms       bigint NOT NULL,
    PRIMARY KEY (customer_id, sale_no, sku_no)
);

CREATE TABLE ledger_epochs (
    epoch       bigint PRIMARY KEY,
    started_ms  bigint NOT NULL,
    first_seq   bigint NOT NULL,                        -- of the entry this epoch writes first
    genesis     bytea  NOT NULL                         -- domain::epoch_genesis of the epoch before
);
CREATE TABLE ledger (
    sequence    bigint PRIMARY KEY,
    epoch       bigint NOT NULL,
    at_ms       bigint NOT NULL,
    movement    bigint NOT NULL,                        -- domain::Movement
    sku_no      bigint NOT NULL,
    units       bigint NOT NULL CHECK (units > 0),
    order_id    uuid,                                   -- none for receive and withdraw
    hash        bytea  NOT NULL,
    reason      text                                    -- operators' words; not hashed
);
-- The entries of an order's first reservation are found by its receipt; later ones (capture, release) by this.
CREATE TABLE ledger_of_orders (
    order_id    uuid   NOT NULL,
    sequence    bigint NOT NULL,
    PRIMARY KEY (order_id, sequence)
);
-- Where the chain goes on. Whoever changes stock, offers or sales locks this row before anything else and raises
-- `version`: what was read under a version is still so while it stands.
CREATE TABLE ledger_head (
    one         bigint PRIMARY KEY CHECK (one = 1),
    version     bigint NOT NULL,
    epoch       bigint NOT NULL,
    sequence    bigint NOT NULL,                        -- of the last entry; 0: none
    hash        bytea  NOT NULL                         -- of the last entry of this epoch, else its genesis
) WITH (fillfactor = 10);
INSERT INTO ledger_head VALUES (1, 0, 0, 0, decode(repeat('00', 32), 'hex'));

-- One row a batch: its events travel as one message.
CREATE TABLE outbox (
    position    bigint PRIMARY KEY,
    at_ms       bigint NOT NULL,
    topic       text   NOT NULL,
    events      text   NOT NULL,                        -- a JSON array
    sent        bigint NOT NULL DEFAULT 0
);
CREATE INDEX outbox_unsent ON outbox (position) WHERE sent = 0;
-- The last position given out. Locked by whoever adds a message until its commit, so that a reader who has seen a
-- position has seen all before it: with a plain sequence a slow writer's message could appear behind the reader.
CREATE TABLE outbox_head (
    one         bigint PRIMARY KEY CHECK (one = 1),
    position    bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO outbox_head VALUES (1, 0);

CREATE FUNCTION add_outbox(new_at_ms bigint, new_topic text, new_events text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place bigint;
BEGIN
    UPDATE outbox_head SET position = position + 1 WHERE one = 1 RETURNING position INTO place;
    INSERT INTO outbox (position, at_ms, topic, events) VALUES (place, new_at_ms, new_topic, new_events);
END $$;

-- The lowest UUIDv7 of a time.
CREATE FUNCTION first_uuid_of(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the partitions of every month from that of `first` to that of `last` that has none. Orders of a month that had
-- none went to the partition of other times and stay there: that month gets none any more.
CREATE FUNCTION make_order_partitions(first timestamptz, last timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    month timestamp := date_trunc('month', first AT TIME ZONE 'UTC');
    low uuid;
    high uuid;
    made bigint := 0;
    stray boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(7203, 1);
    WHILE month <= last AT TIME ZONE 'UTC' LOOP
        low := first_uuid_of(month AT TIME ZONE 'UTC');
        high := first_uuid_of((month + interval '1 month') AT TIME ZONE 'UTC');
        IF to_regclass('orders_' || to_char(month, 'YYYY_MM')) IS NULL THEN
            SELECT EXISTS (SELECT 1 FROM orders_of_other_times WHERE order_id >= low AND order_id < high) INTO stray;
            IF NOT stray THEN
                EXECUTE format('CREATE TABLE orders_%s PARTITION OF orders FOR VALUES FROM (%L) TO (%L)',
                               to_char(month, 'YYYY_MM'), low, high);
                EXECUTE format('CREATE TABLE order_lines_%s PARTITION OF order_lines FOR VALUES FROM (%L) TO (%L)',
                               to_char(month, 'YYYY_MM'), low, high);
                made := made + 1;
            END IF;
        END IF;
        month := month + interval '1 month';
    END LOOP;
    RETURN made;
END $$;

-- The last step of every batch of orders or steps, as one call: takes the one lock, makes sure that nothing the batch
-- was decided on has changed since it was read, and writes what was decided. All arrays of one prefix are of one length.
-- Raises MD001 when somebody else was first: nothing has happened, and the batch is decided again. A lock is held only
-- within this call and its commit, so none ever waits on a client.
CREATE FUNCTION write_batch(
    read_version bigint,
    head_sequence bigint, head_hash bytea,
    -- new orders and their lines
    o_order uuid[], o_customer uuid[], o_sale bigint[], o_placed bigint[], o_hold bigint[], o_total bigint[],
    o_shipping bigint[], o_currency text[], o_receipt bigint[], o_hash bytea[], o_address text[],
    l_order uuid[], l_no bigint[], l_sku bigint[], l_quantity bigint[], l_price bigint[], l_version bigint[],
    -- orders as they are after their steps
    c_order uuid[], c_state bigint[], c_updated bigint[], c_hold bigint[], c_payment uuid[], c_captured bigint[],
    c_refunded bigint[], c_tracking text[],
    -- verdicts by key, and what customers hold in sales
    k_customer uuid[], k_key text[], k_at bigint[], k_hash bytea[], k_order uuid[], k_refusal text[],
    h_customer uuid[], h_sale bigint[], h_sku bigint[], h_units bigint[], h_at bigint[],
    -- stock and the items of sales, as they are now
    s_sku bigint[], s_received bigint[], s_available bigint[], s_reserved bigint[], s_sold bigint[],
    s_transfer bigint[], s_withdrawn bigint[],
    t_sale bigint[], t_position bigint[], t_taken bigint[],
    -- the ledger's entries
    e_sequence bigint[], e_at bigint[], e_movement bigint[], e_sku bigint[], e_units bigint[], e_order uuid[],
    e_hash bytea[], e_reason text[], e_by_order bigint[],
    -- the batch's message
    m_at bigint, m_topic text, m_events text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head ledger_head;
BEGIN
    SELECT * INTO head FROM ledger_head WHERE one = 1 FOR UPDATE;
    IF head.version <> read_version THEN
        RAISE EXCEPTION 'decided on version % when % is the newest', read_version, head.version
            USING ERRCODE = 'MD001';
    END IF;
    UPDATE ledger_head SET version = version + 1, sequence = head_sequence, hash = head_hash WHERE one = 1;

    IF cardinality(k_key) > 0 THEN
        INSERT INTO idempotency_keys (customer_id, key, at_ms, request_hash, order_id, refusal)
            SELECT * FROM unnest(k_customer, k_key, k_at, k_hash, k_order, k_refusal);
    END IF;
    IF cardinality(h_customer) > 0 THEN
        INSERT INTO customer_limits (customer_id, sale_no, sku_no, units, at_ms)
            SELECT * FROM unnest(h_customer, h_sale, h_sku, h_units, h_at)
            ON CONFLICT (customer_id, sale_no, sku_no) DO UPDATE SET units = excluded.units, at_ms = excluded.at_ms;
    END IF;
    IF cardinality(o_order) > 0 THEN
        INSERT INTO orders (order_id, customer_id, sale_no, state, placed_ms, updated_ms, hold_ms, total_minor,
                            shipping_minor, currency, receipt_seq, receipt_hash, address)
            SELECT n.id, n.customer, n.sale, 1, n.placed, n.placed, n.hold, n.total, n.shipping, n.currency, n.receipt,
                   n.hash, n.address
            FROM unnest(o_order, o_customer, o_sale, o_placed, o_hold, o_total, o_shipping, o_currency, o_receipt,
                        o_hash, o_address)
                AS n (id, customer, sale, placed, hold, total, shipping, currency, receipt, hash, address);
        INSERT INTO order_lines (order_id, line_no, sku_no, quantity, unit_price_minor, price_version)
            SELECT * FROM unnest(l_order, l_no, l_sku, l_quantity, l_price, l_version);
    END IF;
    -- One look-up an order: joined in one statement, the planner may prefer to read every partition whole.
    FOR i IN 1 .. cardinality(c_order) LOOP
        UPDATE orders SET state = c_state[i], updated_ms = c_updated[i], hold_ms = c_hold[i],
                          payment_id = c_payment[i], captured_ms = c_captured[i], refunded_ms = c_refunded[i],
                          tracking = c_tracking[i]
            WHERE order_id = c_order[i];
    END LOOP;
    FOR i IN 1 .. cardinality(s_sku) LOOP
        UPDATE stock SET received = s_received[i], available = s_available[i], reserved = s_reserved[i],
                         sold = s_sold[i], in_transfer = s_transfer[i], withdrawn = s_withdrawn[i]
            WHERE sku_no = s_sku[i];
    END LOOP;
    FOR i IN 1 .. cardinality(t_sale) LOOP
        UPDATE sale_items SET taken = t_taken[i] WHERE sale_no = t_sale[i] AND position = t_position[i];
    END LOOP;
    IF cardinality(e_sequence) > 0 THEN
        INSERT INTO ledger (sequence, epoch, at_ms, movement, sku_no, units, order_id, hash, reason)
            SELECT n.sequence, head.epoch, n.at, n.movement, n.sku, n.units, n.id, n.hash, n.reason
            FROM unnest(e_sequence, e_at, e_movement, e_sku, e_units, e_order, e_hash, e_reason)
                AS n (sequence, at, movement, sku, units, id, hash, reason);
        INSERT INTO ledger_of_orders (order_id, sequence)
            SELECT n.id, n.sequence FROM unnest(e_sequence, e_order, e_by_order) AS n (sequence, id, by_order)
            WHERE n.by_order = 1;
    END IF;
    IF m_events <> '' THEN
        PERFORM add_outbox(m_at, m_topic, m_events);
    END IF;
END $$;
