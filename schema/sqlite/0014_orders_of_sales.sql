-- Operators look at the orders of one sale, newest first, also of one that is long past. As in orders_by_state, orders that
-- still hold their units are not in it: there are few of them, and placing an order writes nothing here.
CREATE INDEX orders_of_sales ON orders (sale_no, order_id) WHERE state > 2 AND sale_no IS NOT NULL;
