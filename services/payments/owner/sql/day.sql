-- name: day_of_venue
-- What a venue took on a date, by intents_by_venue and cash_by_venue.
SELECT (SELECT coalesce(sum(paid_vnd), 0)::bigint FROM intents
         WHERE venue_id = $1 AND business_date = $2 AND status = 'settled') AS cashless_vnd,
       (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM cash
         WHERE venue_id = $1 AND business_date = $2 AND status = 'recorded') AS cash_vnd

-- name: last_takings
-- The page's list of what came, by the same two indexes: at most the rows of 30 days of one venue.
SELECT kind, id, at, amount_vnd, paid_vnd, state, channel, visit_on, nights, people
  FROM ((SELECT 'transfer' AS kind, order_id AS id, coalesce(settled_at, opened_at) AS at, amount_vnd, paid_vnd,
                status AS state, channel, visit_on, nights, people
           FROM intents
          WHERE venue_id = $1 AND business_date >= $2
            AND (paid_vnd > 0 OR (source = 'charge' AND status = 'open' AND expires_at >= $3))
          ORDER BY at DESC LIMIT $4)
        UNION ALL
        (SELECT 'cash', cash_id, recorded_at, amount_vnd, CASE WHEN status = 'recorded' THEN amount_vnd ELSE 0 END,
                status, 'owner', NULL, NULL, NULL
           FROM cash
          WHERE venue_id = $1 AND business_date >= $2
          ORDER BY recorded_at DESC LIMIT $4)) AS takings
 ORDER BY at DESC, id DESC LIMIT $4

-- name: last_received
-- What the page may ring for, by intents_by_venue and, for each of those intents, postings_by_credit.
SELECT postings.source_id AS transfer_id, postings.amount_vnd
  FROM intents
  JOIN postings ON postings.credit = 'allocated:' || intents.intent_id
 WHERE intents.venue_id = $1 AND intents.business_date >= $2 AND intents.paid_vnd > 0
   AND (intents.settled_at IS NULL OR intents.settled_at >= $3)
   AND postings.kind = 'transfer_allocated' AND postings.at >= $3
 ORDER BY postings.posting_id DESC LIMIT $4

-- name: surplus_of_intent
-- What came beyond a charge, by postings_by_credit and the primary key of suspended_money.
SELECT coalesce(sum(suspended_money.amount_vnd), 0)::bigint
  FROM suspended_money
 WHERE state = 'waiting' AND reason = 'surplus'
   AND transfer_id IN (SELECT source_id FROM postings WHERE credit = $1)
