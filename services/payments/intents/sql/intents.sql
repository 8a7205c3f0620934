-- name: insert_intent
-- What somebody is to pay, once for each order or charge: by the unique key intents_source_order_id_key.
INSERT INTO intents (intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
                     amount_state, timing, amount_vnd, lines, channel, business_date, expires_at, reference,
                     qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, visit_on, nights, people,
                     version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::jsonb, $13, $14, $15, $16, $17, $18, $19, $20, $21,
        $22, $23, $24, $25, $26)
ON CONFLICT (source, order_id) DO NOTHING
RETURNING intent_id

-- name: intents_by_reference
-- Those a transfer's memo may mean, by the unique key of reference; locked in one order, so that two transfers that
-- mean the same intents wait for each other and never for ever.
SELECT intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE reference = ANY ($1::text[])
 ORDER BY intent_id
   FOR UPDATE

-- name: lock_intent_of_order
-- What an order's end changes, by the unique key of source and order_id; locked against a transfer heard meanwhile.
SELECT intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE source = 'order' AND order_id = $1
   FOR UPDATE

-- name: find_charge
-- What an owner's page shows, by the unique key of source and order_id; a charge of another venue is not there.
SELECT intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE source = 'charge' AND order_id = $1 AND venue_id = ANY ($2::text[])

-- name: update_intent
-- The next version of an intent, by the primary key; its row is locked before, so the version is the one before.
UPDATE intents
   SET version = $2, status = $3, amount_state = $4, timing = $5, paid_vnd = $6, qr_payload = $7, settled_at = $8
 WHERE intent_id = $1 AND version = $2 - 1
RETURNING intent_id
