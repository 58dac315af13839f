-- A batch may be decided on what the batch before will leave, while that one is still being written. If that one fails,
-- somebody else may write the version that it would have written: so whoever writes a batch leaves a mark of his own, and
-- a batch that was decided on an unwritten one says whose it was.
ALTER TABLE ledger_head ADD COLUMN written_by bigint NOT NULL DEFAULT 0;

-- write_batch for a batch with a mark. `read_by`: the mark of the batch it was decided on, null when it was decided on what
-- had been read. Raises MD001, and nothing has happened, when the newest version is not that batch's.
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
    last_mark bigint;
BEGIN
    SELECT written_by INTO last_mark FROM ledger_head WHERE one = 1 FOR UPDATE;
    IF read_by <> last_mark THEN
        RAISE EXCEPTION 'decided on a batch that was not written' USING ERRCODE = 'MD001';
    END IF;
    PERFORM write_batch(
        read_server, read_version, head_sequence, head_hash, o_order, o_customer, o_sale, o_placed, o_hold, o_total,
        o_shipping, o_currency, o_receipt, o_hash, o_address, l_order, l_no, l_sku, l_quantity, l_price, l_version,
        c_order, c_state, c_updated, c_hold, c_payment, c_captured, c_refunded, c_tracking, k_customer, k_key, k_at,
        k_hash, k_order, k_refusal, h_customer, h_sale, h_sku, h_units, h_at, u_customer, u_sale, u_sku, u_units, u_at,
        s_sku, s_received, s_available, s_reserved, s_sold, s_transfer, s_withdrawn, t_sale, t_position, t_taken,
        e_sequence, e_at, e_movement, e_sku, e_units, e_order, e_hash, e_reason, e_by_order, m_at, m_topic, m_events);
    UPDATE ledger_head SET written_by = mark WHERE one = 1;
END $$;
