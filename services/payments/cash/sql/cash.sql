-- name: insert_cash
-- Cash as it was taken; its id is made by the door for each request.
INSERT INTO cash (cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline,
                  person_id, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: find_cash
-- What an owner's page shows of cash just recorded, by the primary key; cash of another venue is not there.
SELECT cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline, version
  FROM cash WHERE cash_id = $1 AND venue_id = ANY ($2::text[])

-- name: lock_cash
-- Cash that is to be taken back, by the primary key; locked, so that of many taps one posts its mirror.
SELECT cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline, version
  FROM cash WHERE cash_id = $1 AND venue_id = ANY ($2::text[])
   FOR UPDATE

-- name: update_cash
-- The next version of cash, by the primary key; its row is locked before, so the version is the one before.
UPDATE cash SET version = $2, status = $3
 WHERE cash_id = $1 AND version = $2 - 1
RETURNING cash_id
