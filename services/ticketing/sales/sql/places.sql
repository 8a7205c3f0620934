-- name: make_days
-- The rows of days that nobody asked for yet, by primary key; another transaction that makes them is waited for.
-- So is an order from the same address ($4), before its open ones are counted: the lock goes with the transaction.
INSERT INTO days (product_id, day, capacity)
SELECT $1, day, $3 FROM unnest($2::date[]) AS wanted (day)
 WHERE $4::bigint IS NULL OR pg_advisory_xact_lock($4) IS NOT NULL
ON CONFLICT DO NOTHING

-- name: take_places
-- Holds places by primary key: days are locked earliest first, so that two orders never wait for each other in a ring.
-- What is held is what is unpaid; $5 people must fit into its share of the day, and orders of 0 đồng into theirs.
WITH wanted AS (
    SELECT product_id, day FROM days WHERE product_id = $1 AND day = ANY ($2::date[]) ORDER BY day FOR UPDATE
)
UPDATE days SET held = held + $3, free = free + $4
  FROM wanted
 WHERE days.product_id = wanted.product_id AND days.day = wanted.day AND held + sold + $3 <= capacity
   AND held + $5 <= greatest(capacity * $6 / 100, $7)
   AND ($4 = 0 OR free + $4 <= greatest(capacity * $8 / 100, $9))
RETURNING days.day

-- name: release_places
-- Gives held places back, by primary key; the CHECKs of days refuse to give back what nobody held.
UPDATE days SET held = held - $3 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: sell_places
-- Turns held places into sold ones, by primary key; the CHECKs of days keep their sum.
UPDATE days SET held = held - $3, sold = sold + $3 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: return_places
-- Gives sold places back, by primary key; those of an order of 0 đồng, found by primary key, are free ones.
UPDATE days
   SET sold = sold - $3,
       free = free - CASE WHEN (SELECT total_vnd FROM orders WHERE order_id = $4) = 0 THEN $3 ELSE 0 END
 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: days_wanted
-- What a refused buyer is told, by primary key and without a lock.
SELECT capacity, held, sold, free FROM days WHERE product_id = $1 AND day = ANY ($2::date[])
