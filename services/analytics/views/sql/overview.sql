-- name: taken_by_venue
-- The province's page: days by the range in front of the rollups' primary keys, all venues of the scope.
SELECT venues.venue_id, venues.name_vi, venues.name_en, venues.kind, venues.old_district_code,
       coalesce(taken.payments, 0) AS payments, coalesce(taken.cashless_payments, 0) AS cashless_payments,
       coalesce(taken.amount_vnd, 0) AS amount_vnd, coalesce(taken.cashless_vnd, 0) AS cashless_vnd,
       coalesce(entered.people, 0) AS people, greatest(taken.revised_at, entered.revised_at) AS revised_at
  FROM venues
  LEFT JOIN (SELECT venue_id, sum(payments)::bigint AS payments,
                    (sum(payments) FILTER (WHERE tender <> 'cash'))::bigint AS cashless_payments,
                    sum(amount_vnd)::bigint AS amount_vnd,
                    (sum(amount_vnd) FILTER (WHERE tender <> 'cash'))::bigint AS cashless_vnd,
                    max(revised_at) AS revised_at
               FROM day_taken
              WHERE day >= $1 AND day < $2
              GROUP BY venue_id) AS taken
    ON taken.venue_id = venues.venue_id
  LEFT JOIN (SELECT venue_id, sum(people)::bigint AS people, max(revised_at) AS revised_at
               FROM day_entered
              WHERE day >= $1 AND day < $2
              GROUP BY venue_id) AS entered
    ON entered.venue_id = venues.venue_id
 WHERE $3 = '' OR venues.old_district_code = $3 OR venues.new_commune_code = $3
 ORDER BY coalesce(taken.amount_vnd, 0) DESC, venues.venue_id
 LIMIT 50000

-- name: refunded
-- What went back in the range; reads all refunds, which are few, since each is a difference to the one before.
SELECT coalesce(sum(back_vnd), 0)::bigint
  FROM (SELECT venue_id, occurred_at,
               refunded_vnd - lag(refunded_vnd, 1, 0::bigint) OVER (PARTITION BY payment_id ORDER BY version) AS back_vnd
          FROM refunds) AS back
  JOIN venues ON venues.venue_id = back.venue_id
 WHERE back.occurred_at >= $1 AND back.occurred_at < $2
   AND ($3 = '' OR venues.old_district_code = $3 OR venues.new_commune_code = $3)

-- name: freshness
-- How old the numbers are; some dozens of rows of offsets, one of worker_seen.
SELECT (SELECT max(newest_at) FROM offsets) AS newest_at, (SELECT at FROM worker_seen) AS checked_at,
       coalesce((SELECT events_behind FROM worker_seen), 0) AS events_behind
