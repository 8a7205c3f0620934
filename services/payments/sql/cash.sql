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

-- name: day_of_venue
SELECT (SELECT coalesce(sum(paid_vnd), 0)::bigint FROM intents
         WHERE venue_id = $1 AND business_date = $2 AND status = 'settled') AS cashless_vnd,
       (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM cash
         WHERE venue_id = $1 AND business_date = $2 AND status = 'recorded') AS cash_vnd

-- name: last_takings
SELECT kind, id, at, amount_vnd, paid_vnd, state, channel, visit_on, nights, people
  FROM ((SELECT 'transfer' AS kind, order_id AS id, coalesce(settled_at, opened_at) AS at, amount_vnd, paid_vnd,
                status AS state, channel, visit_on, nights, people
           FROM intents
          WHERE venue_id = $1 AND business_date >= $2
            AND (paid_vnd > 0 OR (channel = 'owner' AND status = 'open' AND expires_at >= $3))
          ORDER BY at DESC LIMIT $4)
        UNION ALL
        (SELECT 'cash', cash_id, recorded_at, amount_vnd, CASE WHEN status = 'recorded' THEN amount_vnd ELSE 0 END,
                status, 'owner', NULL, NULL, NULL
           FROM cash
          WHERE venue_id = $1 AND business_date >= $2
          ORDER BY recorded_at DESC LIMIT $4)) AS takings
 ORDER BY at DESC, id DESC LIMIT $4

-- name: last_received
SELECT postings.source_id AS transfer_id, postings.amount_vnd
  FROM intents
  JOIN postings ON postings.credit = 'allocated:' || intents.intent_id
 WHERE intents.venue_id = $1 AND intents.business_date >= $2 AND intents.paid_vnd > 0
   AND (intents.settled_at IS NULL OR intents.settled_at >= $3)
   AND postings.kind = 'transfer_allocated' AND postings.at >= $3
 ORDER BY postings.posting_id DESC LIMIT $4

-- name: names_of_venues
SELECT venue_id, name_vi, name_en FROM venues WHERE venue_id = ANY ($1::text[])

-- name: surplus_of_intent
SELECT coalesce(sum(suspended_money.amount_vnd), 0)::bigint
  FROM suspended_money
 WHERE state = 'waiting' AND reason = 'surplus'
   AND transfer_id IN (SELECT source_id FROM postings WHERE credit = $1)
