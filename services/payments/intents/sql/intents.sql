-- name: insert_intents
-- What somebody is to pay, once for each order or charge: by the unique key intents_source_order_id_key.
INSERT INTO intents (intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
                     amount_state, timing, amount_vnd, lines, channel, business_date, expires_at, reference,
                     qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, visit_on, nights, people,
                     version)
SELECT intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, lines::jsonb, channel, business_date, expires_at, reference, qr_payload, bank_bin,
       account_number, account_name, trace_id, opened_at, visit_on, nights, people, version
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::date[], $15::timestamptz[],
              $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::timestamptz[],
              $23::date[], $24::integer[], $25::integer[], $26::bigint[])
       AS new (intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
               amount_state, timing, amount_vnd, lines, channel, business_date, expires_at, reference, qr_payload,
               bank_bin, account_number, account_name, trace_id, opened_at, visit_on, nights, people, version)
 ORDER BY order_id
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

-- name: lock_intents_of_orders
-- What the ends of orders change, by the unique key of source and order_id; locked against transfers heard meanwhile, in
-- the order in which those lock them.
SELECT intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE source = 'order' AND order_id = ANY ($1::uuid[])
 ORDER BY intent_id
   FOR UPDATE

-- name: find_charge
-- What an owner's page shows, by the unique key of source and order_id; a charge of another venue is not there.
SELECT intent_id, source, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status, amount_state,
       timing, amount_vnd, paid_vnd, lines::text AS lines, channel, business_date, expires_at, reference,
       qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, settled_at, version
  FROM intents WHERE source = 'charge' AND order_id = $1 AND venue_id = ANY ($2::text[])

-- name: update_intents
-- The next versions of intents, by the primary key; their rows are locked before, so their versions are as they were.
UPDATE intents
   SET version = new.version, status = new.status, amount_state = new.amount_state, timing = new.timing,
       paid_vnd = new.paid_vnd, qr_payload = new.qr_payload, settled_at = new.settled_at
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[],
              $9::timestamptz[])
       AS new (intent_id, version_before, version, status, amount_state, timing, paid_vnd, qr_payload, settled_at)
 WHERE intents.intent_id = new.intent_id AND intents.version = new.version_before
RETURNING intents.intent_id
