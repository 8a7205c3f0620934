-- name: upsert_venue
-- A venue of the seed that is not there yet, by primary key; what is there stays.
INSERT INTO venues (venue_id, number, name_vi, name_en, kind, old_district_code, new_commune_code, on_sale, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)
ON CONFLICT (venue_id) DO NOTHING
RETURNING version

-- name: insert_product
-- A product of the seed that is not there yet, by primary key.
INSERT INTO products (product_id, number, venue_id, kind, name_vi, name_en, ticket_modes, admits, days_rule,
                      daily_capacity)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING

-- name: insert_category
-- A category of the seed that is not there yet, by primary key.
INSERT INTO categories (category, position, name_vi, name_en, rule_vi, rule_en, needs_evidence, free_each_payer,
                        free_most, free_alone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING

-- name: insert_kind_limits
-- Limits of the seed for a kind that has none yet, by primary key; an operator's own stay.
INSERT INTO kind_limits (kind, unpaid_percent, unpaid_least, free_percent, free_least, whole_nights, whole_people)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING

-- name: insert_tariff
-- A price of the seed that is not there yet, by primary key; a price is never changed.
INSERT INTO tariffs (version, product_id, category, price_vnd, unit, price_kind, valid_from, valid_to, legal_basis,
                     verified)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING

-- name: insert_opening_hours
-- Hours of the seed that are not there yet, by their unique key.
INSERT INTO opening_hours (venue_id, weekdays, opens_minute, closes_minute, valid_from, valid_to)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING

-- name: insert_closure
-- A closure of the seed that is not there yet, by primary key.
INSERT INTO closures (venue_id, from_on, until_on) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING

-- name: all_venues
-- The whole small table, for the catalogue in memory.
SELECT venue_id, number, name_vi, name_en, kind, old_district_code, new_commune_code, on_sale
  FROM venues ORDER BY number

-- name: all_products
-- The whole small table, for the catalogue in memory.
SELECT product_id, number, venue_id, kind, name_vi, name_en, ticket_modes, admits, days_rule, daily_capacity
  FROM products ORDER BY number

-- name: all_categories
-- The whole small table, for the catalogue in memory.
SELECT category, position, name_vi, name_en, rule_vi, rule_en, needs_evidence, free_each_payer, free_most, free_alone
  FROM categories ORDER BY position

-- name: all_kind_limits
-- The whole small table, for the catalogue in memory.
SELECT kind, unpaid_percent, unpaid_least, free_percent, free_least, whole_nights, whole_people FROM kind_limits

-- name: all_tariffs
-- The whole small table, for the catalogue in memory.
SELECT product_id, category, price_vnd, unit, price_kind, valid_from, valid_to, legal_basis, verified, version
  FROM tariffs ORDER BY product_id, category, valid_from

-- name: all_opening_hours
-- The whole small table, for the catalogue in memory.
SELECT venue_id, weekdays, opens_minute, closes_minute, valid_from, valid_to FROM opening_hours ORDER BY venue_id

-- name: all_closures
-- The whole small table, for the catalogue in memory.
SELECT venue_id, from_on, until_on FROM closures ORDER BY venue_id, from_on
