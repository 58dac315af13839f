-- Accounts whose address was never verified are forgotten after some weeks; this finds them and stays small.
CREATE INDEX customers_unverified ON customers (created_at) WHERE verified_at IS NULL;
