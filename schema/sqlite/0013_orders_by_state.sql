-- Operators look for orders of one state, newest first: the few that wait to be packed among all that were delivered.
-- Orders that still hold their units are not in it, so placing an order writes nothing here.
CREATE INDEX orders_by_state ON orders (state, order_id) WHERE state > 2;
