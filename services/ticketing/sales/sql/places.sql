-- name: take_turns
-- Orders from one address wait for each other before its open ones are counted; the locks go with the transaction.
SELECT pg_advisory_xact_lock(queue) FROM unnest($1::bigint[]) AS queues (queue)

-- name: lock_days
-- Days to be changed, by primary key, in the order of (product, day), so that two batches never wait in a ring. Only of
-- days that are made just now some may be locked before: who meets there is tried again.
SELECT product_id, day, capacity, held, sold, free
  FROM days JOIN unnest($1::text[], $2::date[]) AS wanted (product_id, day) USING (product_id, day)
 ORDER BY product_id, day
   FOR UPDATE OF days

-- name: make_days
-- The rows of days that nobody asked for yet, by primary key; another transaction that makes them is waited for.
INSERT INTO days (product_id, day, capacity)
SELECT product_id, day, capacity FROM unnest($1::text[], $2::date[], $3::integer[]) AS wanted (product_id, day, capacity)
 ORDER BY product_id, day
ON CONFLICT DO NOTHING

-- name: write_days
-- How locked days stand now, by primary key; the CHECKs of days refuse more than there is, and less than nothing.
UPDATE days SET held = new.held, sold = new.sold, free = new.free
  FROM unnest($1::text[], $2::date[], $3::integer[], $4::integer[], $5::integer[]) AS new (product_id, day, held, sold, free)
 WHERE days.product_id = new.product_id AND days.day = new.day

-- name: release_places
-- Gives held places back, by primary key, days locked in the order of lock_days; the CHECKs of days refuse to give back
-- what nobody held.
WITH given AS (
    SELECT product_id, day FROM days WHERE product_id = $1 AND day = ANY ($2::date[]) ORDER BY day FOR UPDATE
)
UPDATE days SET held = held - $3 FROM given WHERE days.product_id = given.product_id AND days.day = given.day

-- name: return_places
-- Gives sold places back, by primary key, days locked in the order of lock_days; those of an order of 0 đồng, found by
-- primary key, are free ones.
WITH given AS (
    SELECT product_id, day FROM days WHERE product_id = $1 AND day = ANY ($2::date[]) ORDER BY day FOR UPDATE
)
UPDATE days
   SET sold = sold - $3,
       free = free - CASE WHEN (SELECT total_vnd FROM orders WHERE order_id = $4) = 0 THEN $3 ELSE 0 END
  FROM given
 WHERE days.product_id = given.product_id AND days.day = given.day
