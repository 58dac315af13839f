-- An operator who looks at an order sees every attempt to pay it. Payments follow their orders closely, so this grows at
-- one end too.
CREATE INDEX payments_of_orders ON payments (order_id);
