-- A process remembers between its batches what it has read or written, and looks only at keys and limits of those who may
-- have ordered before. So a batch also says from which server it was read, and which limits it takes for new.

-- When this server was started, in µs since 1970: after a failover another one counts on, perhaps from an older version.
CREATE FUNCTION server_started_us() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint
$$;

-- The function of this name with 61 arguments is for processes of earlier versions that still run beside this one.
-- The last step of every batch of orders or steps, as one call: takes the one lock, makes sure that nothing the batch
-- was decided on has changed since it was read, and writes what was decided. All arrays of one prefix are of one length.
-- Raises MD001 when somebody else was first, or when it was read from another server, and unique_violation when a key or a
-- limit that was taken for new is not: nothing has happened, and the batch is decided again. A lock is held only within
-- this call and its commit, so none ever waits on a client.
CREATE FUNCTION write_batch(
    read_server bigint, read_version bigint,
    head_sequence bigint, head_hash bytea,
    -- new orders and their lines
    o_order uuid[], o_customer uuid[], o_sale bigint[], o_placed bigint[], o_hold bigint[], o_total bigint[],
    o_shipping bigint[], o_currency text[], o_receipt bigint[], o_hash bytea[], o_address text[],
    l_order uuid[], l_no bigint[], l_sku bigint[], l_quantity bigint[], l_price bigint[], l_version bigint[],
    -- orders as they are after their steps
    c_order uuid[], c_state bigint[], c_updated bigint[], c_hold bigint[], c_payment uuid[], c_captured bigint[],
    c_refunded bigint[], c_tracking text[],
    -- verdicts by key, and what customers hold in sales: of those that had nothing, and of those that had a row
    k_customer uuid[], k_key text[], k_at bigint[], k_hash bytea[], k_order uuid[], k_refusal text[],
    h_customer uuid[], h_sale bigint[], h_sku bigint[], h_units bigint[], h_at bigint[],
    u_customer uuid[], u_sale bigint[], u_sku bigint[], u_units bigint[], u_at bigint[],
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
    IF head.version <> read_version OR server_started_us() <> read_server THEN
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
            SELECT * FROM unnest(h_customer, h_sale, h_sku, h_units, h_at);
    END IF;
    IF cardinality(u_customer) > 0 THEN
        INSERT INTO customer_limits (customer_id, sale_no, sku_no, units, at_ms)
            SELECT * FROM unnest(u_customer, u_sale, u_sku, u_units, u_at)
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
