-- name: find_merchant_of_venue
SELECT merchant_id, venue_id, name, bank_bin, account_number, account_name, active, version
  FROM merchants WHERE venue_id = $1 AND active

-- name: find_merchant_of_account
SELECT merchant_id, venue_id, name, bank_bin, account_number, account_name, active, version
  FROM merchants WHERE account_number = $1

-- name: upsert_venue
INSERT INTO venues (venue_id, name_vi, name_en, kind, old_district_code, new_commune_code, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (venue_id) DO UPDATE
   SET name_vi = excluded.name_vi, name_en = excluded.name_en, kind = excluded.kind,
       old_district_code = excluded.old_district_code, new_commune_code = excluded.new_commune_code,
       version = excluded.version
 WHERE venues.version < excluded.version

-- name: find_venue
SELECT venue_id, name_vi, name_en, kind, old_district_code, new_commune_code FROM venues WHERE venue_id = $1

-- name: upsert_merchant
INSERT INTO merchants (merchant_id, venue_id, name, bank_bin, account_number, account_name, version)
VALUES ($1, $2, $3, $4, $5, $6, 1)
ON CONFLICT (merchant_id) DO NOTHING
RETURNING merchant_id, version

-- name: names_of_venues
SELECT venue_id, name_vi, name_en FROM venues WHERE venue_id = ANY ($1::text[])
