-- A hash of the request that placed an order and of its key: whoever repeats both is answered from the order itself. Orders
-- of before have none; their answers lie in idempotency for a week.
ALTER TABLE orders ADD COLUMN proof bytea;
