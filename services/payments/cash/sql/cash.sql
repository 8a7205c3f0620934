-- name: insert_cash
INSERT INTO cash (cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline,
                  person_id, version)
VALUES ($1, $2, $3, 'recorded', $4, $5, $6, $6, false, $7, 1)
RETURNING cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline, version

-- name: find_cash
SELECT cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline, version
  FROM cash WHERE cash_id = $1 AND venue_id = ANY ($2::text[])

-- name: lock_cash
SELECT cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline, version
  FROM cash WHERE cash_id = $1 AND venue_id = ANY ($2::text[])
   FOR UPDATE

-- name: undo_cash
UPDATE cash SET status = 'undone', version = version + 1
 WHERE cash_id = $1 AND status = 'recorded'
RETURNING cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline, version
