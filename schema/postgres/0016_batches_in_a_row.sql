-- A batch may be decided on what the batch before will leave, while that one is still being written. If that one fails,
-- somebody else may write the version that it would have written: so whoever writes a batch leaves a mark of his own, and
-- a batch that was decided on an unwritten one says whose it was.
ALTER TABLE ledger_head ADD COLUMN written_by bigint NOT NULL DEFAULT 0;

-- write_batch for a batch with a mark. `read_by`: the mark of the batch it was decided on, null when it was decided on what
-- had been read. Raises MD001, and nothing has happened, when the newest version is not that batch's.
--
-- Rows that are new are written before the one lock is taken, so that of a batch that waits for the one before most is done
-- when its turn comes. Whoever writes the same key or limit at that instant waits here for the other to end, holding nothing
-- that the other needs; only a batch that has the lock already (it lost again and again) can then wait for one that waits
-- for it, which the server notices and ends.
CREATE FUNCTION write_batch_after(
    read_by bigint, mark bigint,
    read_server bigint, read_version bigint,
    head_sequence bigint, head_hash bytea,
    o_order uuid[], o_customer uuid[], o_sale bigint[], o_placed bigint[], o_hold bigint[], o_total bigint[],
    o_shipping bigint[], o_currency text[], o_receipt bigint[], o_hash bytea[], o_address text[],
    l_order uuid[], l_no bigint[], l_sku bigint[], l_quantity bigint[], l_price bigint[], l_version bigint[],
    c_order uuid[], c_state bigint[], c_updated bigint[], c_hold bigint[], c_payment uuid[], c_captured bigint[],
    c_refunded bigint[], c_tracking text[],
    k_customer uuid[], k_key text[], k_at bigint[], k_hash bytea[], k_order uuid[], k_refusal text[],
    h_customer uuid[], h_sale bigint[], h_sku bigint[], h_units bigint[], h_at bigint[],
    u_customer uuid[], u_sale bigint[], u_sku bigint[], u_units bigint[], u_at bigint[],
    s_sku bigint[], s_received bigint[], s_available bigint[], s_reserved bigint[], s_sold bigint[],
    s_transfer bigint[], s_withdrawn bigint[],
    t_sale bigint[], t_position bigint[], t_taken bigint[],
    e_sequence bigint[], e_at bigint[], e_movement bigint[], e_sku bigint[], e_units bigint[], e_order uuid[],
    e_hash bytea[], e_reason text[], e_by_order bigint[],
    m_at bigint, m_topic text, m_events text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    head ledger_head;
BEGIN
    -- Whoever was decided on this batch waits for its end by its mark, so that he cannot come to the lock before it.
    PERFORM pg_advisory_xact_lock(mark);
    IF cardinality(k_key) > 0 THEN
        INSERT INTO idempotency_keys (customer_id, key, at_ms, request_hash, order_id, refusal)
            SELECT * FROM unnest(k_customer, k_key, k_at, k_hash, k_order, k_refusal);
    END IF;
    IF cardinality(h_customer) > 0 THEN
        INSERT INTO customer_limits (customer_id, sale_no, sku_no, units, at_ms)
            SELECT * FROM unnest(h_customer, h_sale, h_sku, h_units, h_at);
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

    IF read_by IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(read_by);
    END IF;
    SELECT * INTO head FROM ledger_head WHERE one = 1 FOR UPDATE;
    IF head.version <> read_version OR server_started_us() <> read_server OR read_by <> head.written_by THEN
        RAISE EXCEPTION 'decided on version % when % is the newest, or on another batch than wrote it', read_version,
            head.version USING ERRCODE = 'MD001';
    END IF;
    UPDATE ledger_head SET version = version + 1, sequence = head_sequence, hash = head_hash, written_by = mark
        WHERE one = 1;
    -- Of those that are not new: a row that the batch before has written is there only now.
    IF cardinality(u_customer) > 0 THEN
        INSERT INTO customer_limits (customer_id, sale_no, sku_no, units, at_ms)
            SELECT * FROM unnest(u_customer, u_sale, u_sku, u_units, u_at)
            ON CONFLICT (customer_id, sale_no, sku_no) DO UPDATE SET units = excluded.units, at_ms = excluded.at_ms;
    END IF;
    -- What is left has nothing that could be written beforehand.
    PERFORM write_batch_rest(
        head.epoch, c_order, c_state, c_updated, c_hold, c_payment, c_captured, c_refunded, c_tracking, s_sku, s_received,
        s_available, s_reserved, s_sold, s_transfer, s_withdrawn, t_sale, t_position, t_taken, e_sequence, e_at,
        e_movement, e_sku, e_units, e_order, e_hash, e_reason, e_by_order, m_at, m_topic, m_events);
END $$;

CREATE FUNCTION write_batch_rest(
    epoch bigint,
    c_order uuid[], c_state bigint[], c_updated bigint[], c_hold bigint[], c_payment uuid[], c_captured bigint[],
    c_refunded bigint[], c_tracking text[],
    s_sku bigint[], s_received bigint[], s_available bigint[], s_reserved bigint[], s_sold bigint[],
    s_transfer bigint[], s_withdrawn bigint[],
    t_sale bigint[], t_position bigint[], t_taken bigint[],
    e_sequence bigint[], e_at bigint[], e_movement bigint[], e_sku bigint[], e_units bigint[], e_order uuid[],
    e_hash bytea[], e_reason text[], e_by_order bigint[],
    m_at bigint, m_topic text, m_events text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
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
            SELECT n.sequence, write_batch_rest.epoch, n.at, n.movement, n.sku, n.units, n.id, n.hash, n.reason
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
