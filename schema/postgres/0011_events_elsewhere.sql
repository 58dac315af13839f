-- Groups whose new messages come from another carrier (NATS) than bus_messages: their cursor is the last position there
-- is, so that nothing is given out of the log, and bus_deliveries holds what they could not deal with yet.
ALTER TABLE bus_groups ADD COLUMN caught_up bigint NOT NULL DEFAULT 0;  -- of the outbox: all up to here was dealt with
