-- Whose sessions have ended, or say something else: told in the same transaction to all processes that keep sessions. Who
-- follows asks for what came from the oldest transaction on that was still under way when it last asked, so that none is
-- missed whatever the order of commits.
CREATE TABLE session_changes (
    transaction bigint NOT NULL,
    customer    uuid NOT NULL,
    at_ms       bigint NOT NULL
);
CREATE INDEX session_changes_by_transaction ON session_changes (transaction);
CREATE INDEX session_changes_by_age ON session_changes (at_ms);

CREATE FUNCTION tell_sessions_ended() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_ms bigint := (extract(epoch FROM now()) * 1000)::bigint;
BEGIN
    INSERT INTO session_changes (transaction, customer, at_ms)
        SELECT DISTINCT pg_current_xact_id()::text::bigint, customer, now_ms FROM gone WHERE expires_at > now_ms;
    RETURN NULL;
END $$;
CREATE TRIGGER sessions_ended AFTER DELETE ON sessions
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION tell_sessions_ended();

CREATE FUNCTION tell_customer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO session_changes (transaction, customer, at_ms)
        VALUES (pg_current_xact_id()::text::bigint, new.id, (extract(epoch FROM now()) * 1000)::bigint);
    RETURN NULL;
END $$;
CREATE TRIGGER customer_changed AFTER UPDATE ON customers FOR EACH ROW
    WHEN (old.verified_at IS DISTINCT FROM new.verified_at OR old.password_version <> new.password_version)
    EXECUTE FUNCTION tell_customer_changed();
