-- name: add_unknown_venues
-- A venue that was paid before we heard of it, as version 0; by primary key, in its order.
INSERT INTO venues (venue_id) SELECT unnest($1::text[]) ORDER BY 1 ON CONFLICT DO NOTHING

-- name: share_venues
-- Kinds for the rollups, by primary key: held so that no other batch changes a kind before our commit.
SELECT venue_id, version, kind FROM venues WHERE venue_id = ANY ($1::text[]) ORDER BY venue_id FOR SHARE

-- name: lock_venues
-- Versions and kinds of venues that this batch may change, by primary key, in its order.
SELECT venue_id, version, kind FROM venues WHERE venue_id = ANY ($1::text[]) ORDER BY venue_id FOR UPDATE

-- name: update_venues
-- The newer versions, by primary key; rows were locked by lock_venues.
UPDATE venues
   SET version = told.version, name_vi = told.name_vi, name_en = told.name_en, kind = told.kind,
       old_district_code = told.old_district_code, new_commune_code = told.new_commune_code, on_sale = told.on_sale
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[])
       AS told (venue_id, version, name_vi, name_en, kind, old_district_code, new_commune_code, on_sale)
 WHERE venues.venue_id = told.venue_id

-- name: taken_minutes_of_venue
-- Which minutes a venue takes along when its kind changes, by payments_venue.
SELECT date_trunc('minute', occurred_at, 'UTC') AS minute, old_district_code, new_commune_code, tender, partition,
       count(*) AS payments, sum(amount_vnd)::bigint AS amount_vnd
  FROM payments
 WHERE venue_id = $1 AND status IN ('settled', 'recorded')
 GROUP BY 1, 2, 3, 4, 5

-- name: make_told_payments
-- What a batch tells of payments, for this connection alone and empty again after each commit; no index, no log.
CREATE TEMPORARY TABLE IF NOT EXISTS told_payments (LIKE payments) ON COMMIT DELETE ROWS

-- name: insert_payments
-- New payments in the order of their ids; what is known by primary key is left as it is and told.
WITH added AS (
INSERT INTO payments (payment_id, version, status, amount_vnd, tender, venue_id, old_district_code, new_commune_code,
                      business_date, occurred_at, channel, partition)
SELECT payment_id, version, status, amount_vnd, tender, venue_id, old_district_code, new_commune_code,
       business_date, occurred_at, channel, partition
  FROM told_payments
 ORDER BY payment_id
    ON CONFLICT DO NOTHING
RETURNING payment_id)
SELECT payment_id FROM told_payments AS told
 WHERE NOT EXISTS (SELECT 1 FROM added WHERE added.payment_id = told.payment_id)

-- name: lock_payments
-- Known payments in their order, by primary key, held until the newer version stands.
SELECT payment_id, version, status, amount_vnd, tender, venue_id, old_district_code, new_commune_code,
       business_date, occurred_at, channel, partition
  FROM payments
 WHERE payment_id = ANY ($1::uuid[])
 ORDER BY payment_id
   FOR UPDATE

-- name: update_payments
-- The newer versions, by primary key; rows were locked by lock_payments.
UPDATE payments
   SET version = told.version, status = told.status, amount_vnd = told.amount_vnd, tender = told.tender,
       venue_id = told.venue_id, old_district_code = told.old_district_code,
       new_commune_code = told.new_commune_code, business_date = told.business_date,
       occurred_at = told.occurred_at, channel = told.channel, partition = told.partition
  FROM told_payments AS told
 WHERE payments.payment_id = told.payment_id AND payments.version < told.version

-- name: insert_refunds
-- One row an event; a duplicate falls on the primary key.
INSERT INTO refunds (payment_id, version, refunded_vnd, venue_id, occurred_at)
SELECT payment_id, version, refunded_vnd, venue_id, occurred_at
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[])
       AS told (payment_id, version, refunded_vnd, venue_id, occurred_at)
    ON CONFLICT DO NOTHING

-- name: make_told_entries
-- What a batch tells of scans, as make_told_payments.
CREATE TEMPORARY TABLE IF NOT EXISTS told_entries (LIKE entries) ON COMMIT DELETE ROWS

-- name: insert_entries
-- New scans in the order of their ids; what is known by primary key is left as it is and told.
WITH added AS (
INSERT INTO entries (scan_id, version, status, people, venue_id, price_kind, business_date, occurred_at, offline,
                     partition)
SELECT scan_id, version, status, people, venue_id, price_kind, business_date, occurred_at, offline, partition
  FROM told_entries
 ORDER BY scan_id
    ON CONFLICT DO NOTHING
RETURNING scan_id)
SELECT scan_id FROM told_entries AS told
 WHERE NOT EXISTS (SELECT 1 FROM added WHERE added.scan_id = told.scan_id)

-- name: lock_entries
-- Known scans in their order, by primary key, held until the newer version stands.
SELECT scan_id, version, status, people, venue_id, price_kind, business_date, occurred_at, offline, partition
  FROM entries
 WHERE scan_id = ANY ($1::uuid[])
 ORDER BY scan_id
   FOR UPDATE

-- name: update_entries
-- The newer versions, by primary key; rows were locked by lock_entries.
UPDATE entries
   SET version = told.version, status = told.status, people = told.people, venue_id = told.venue_id,
       price_kind = told.price_kind, business_date = told.business_date, occurred_at = told.occurred_at,
       offline = told.offline, partition = told.partition
  FROM told_entries AS told
 WHERE entries.scan_id = told.scan_id AND entries.version < told.version
