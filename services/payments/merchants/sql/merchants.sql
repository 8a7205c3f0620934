-- name: merchants_of_venues
-- Who is paid at venues, by the unique key of venue_id.
SELECT merchant_id, venue_id, name, bank_bin, account_number, account_name, active, version
  FROM merchants WHERE venue_id = ANY ($1::text[]) AND active

-- name: merchants_of_accounts
-- Whose money transfers brought, by the unique key of account_number; also of a merchant that is paid no more.
SELECT merchant_id, venue_id, name, bank_bin, account_number, account_name, active, version
  FROM merchants WHERE account_number = ANY ($1::text[])

-- name: upsert_venue
-- The newest that ticketing told of a venue, by the primary key; an older version that comes late changes nothing.
INSERT INTO venues (venue_id, name_vi, name_en, kind, old_district_code, new_commune_code, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (venue_id) DO UPDATE
   SET name_vi = excluded.name_vi, name_en = excluded.name_en, kind = excluded.kind,
       old_district_code = excluded.old_district_code, new_commune_code = excluded.new_commune_code,
       version = excluded.version
 WHERE venues.version < excluded.version

-- name: find_venue
-- The place codes of today, for what is opened or told now, by the primary key.
SELECT old_district_code, new_commune_code FROM venues WHERE venue_id = $1

-- name: upsert_merchant
-- A merchant of the seed, unless one with this id is there: by the primary key.
INSERT INTO merchants (merchant_id, venue_id, name, bank_bin, account_number, account_name, version)
VALUES ($1, $2, $3, $4, $5, $6, 1)
ON CONFLICT (merchant_id) DO NOTHING
RETURNING merchant_id

-- name: names_of_venues
-- What an owner's pages call their venues, by the primary key.
SELECT venue_id, name_vi, name_en FROM venues WHERE venue_id = ANY ($1::text[])
