-- name: insert_intent
INSERT INTO intents (intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
                     amount_state, timing, amount_vnd, lines, channel, business_date, expires_at, reference,
                     qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, visit_on, nights, people,
                     version)
VALUES ($1, $2, $3, $4, $5, $6, 'open', 'none', 'on_time', $7, $8::text::jsonb, $9, $10, $11, $12,
        $13, $14, $15, $16, $17, $18, $19, $20, $21, 1)
ON CONFLICT (order_id) DO NOTHING
RETURNING intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
          timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
          qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version

-- name: intents_by_reference
SELECT intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE reference = ANY ($1::text[])
 ORDER BY intent_id
   FOR UPDATE

-- name: lock_intent_of_order
SELECT intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE order_id = $1
   FOR UPDATE

-- name: find_intent_of_order
SELECT intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE order_id = $1

-- name: cancel_intent
UPDATE intents SET status = $2, amount_state = 'none', paid_vnd = 0, version = version + 1
 WHERE intent_id = $1
RETURNING intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
          timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
          qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version

-- name: pay_intent
UPDATE intents
   SET paid_vnd = paid_vnd + $2, status = $3, amount_state = $4, timing = $5, qr_payload = $6,
       settled_at = CASE WHEN $3 = 'settled' THEN $7 ELSE settled_at END, version = version + 1
 WHERE intent_id = $1
RETURNING intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
          timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
          qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version

-- name: expire_intent
UPDATE intents SET status = $2, version = version + 1
 WHERE intent_id = $1
