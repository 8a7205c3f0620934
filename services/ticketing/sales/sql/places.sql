-- name: make_days
-- The rows of days that nobody asked for yet, by primary key; another transaction that makes them is waited for.
INSERT INTO days (product_id, day, capacity)
SELECT $1, day, $3 FROM unnest($2::date[]) AS wanted (day)
ON CONFLICT DO NOTHING

-- name: take_places
-- Holds places by primary key: days are locked earliest first, so that two orders never wait for each other in a ring.
WITH wanted AS (
    SELECT product_id, day FROM days WHERE product_id = $1 AND day = ANY ($2::date[]) ORDER BY day FOR UPDATE
)
UPDATE days SET held = held + $3
  FROM wanted
 WHERE days.product_id = wanted.product_id AND days.day = wanted.day AND held + sold + $3 <= capacity
RETURNING days.day

-- name: release_places
-- Gives held places back, by primary key; the CHECKs of days refuse to give back what nobody held.
UPDATE days SET held = held - $3 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: sell_places
-- Turns held places into sold ones, by primary key; the CHECKs of days keep their sum.
UPDATE days SET held = held - $3, sold = sold + $3 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: places_left
-- What a refused buyer is told, by primary key and without a lock.
SELECT day, capacity - held - sold AS places_left FROM days WHERE product_id = $1 AND day = ANY ($2::date[])
