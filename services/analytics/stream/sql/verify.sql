-- Each statement counts the rollup cells that differ from one recompute out of the facts.

-- name: wrong_minutes
-- Reads both tables whole, in verify's snapshot.
SELECT count(*)
  FROM (SELECT date_trunc('minute', payments.occurred_at, 'UTC') AS minute, payments.old_district_code,
               payments.new_commune_code, venues.kind, payments.tender, payments.partition,
               count(*) AS payments, sum(payments.amount_vnd)::bigint AS amount_vnd
          FROM payments JOIN venues ON venues.venue_id = payments.venue_id
         WHERE payments.status IN ('settled', 'recorded')
         GROUP BY 1, 2, 3, 4, 5, 6) AS fact
  FULL JOIN minute_taken AS cell
    ON cell.minute = fact.minute AND cell.old_district_code = fact.old_district_code
       AND cell.new_commune_code = fact.new_commune_code AND cell.kind = fact.kind AND cell.tender = fact.tender
       AND cell.partition = fact.partition
 WHERE (cell.payments, cell.amount_vnd) IS DISTINCT FROM (fact.payments, fact.amount_vnd)

-- name: wrong_hours
-- Reads both tables whole, in verify's snapshot.
SELECT count(*)
  FROM (SELECT date_trunc('hour', occurred_at, 'UTC') AS hour, venue_id, tender, partition,
               count(*) AS payments, sum(amount_vnd)::bigint AS amount_vnd
          FROM payments
         WHERE status IN ('settled', 'recorded')
         GROUP BY 1, 2, 3, 4) AS fact
  FULL JOIN hour_taken AS cell
    ON cell.hour = fact.hour AND cell.venue_id = fact.venue_id AND cell.tender = fact.tender
       AND cell.partition = fact.partition
 WHERE (cell.payments, cell.amount_vnd) IS DISTINCT FROM (fact.payments, fact.amount_vnd)

-- name: wrong_days
-- Reads both tables whole, in verify's snapshot.
SELECT count(*)
  FROM (SELECT business_date AS day, venue_id, tender, partition,
               count(*) AS payments, sum(amount_vnd)::bigint AS amount_vnd
          FROM payments
         WHERE status IN ('settled', 'recorded')
         GROUP BY 1, 2, 3, 4) AS fact
  FULL JOIN day_taken AS cell
    ON cell.day = fact.day AND cell.venue_id = fact.venue_id AND cell.tender = fact.tender
       AND cell.partition = fact.partition
 WHERE (cell.payments, cell.amount_vnd) IS DISTINCT FROM (fact.payments, fact.amount_vnd)

-- name: wrong_entry_days
-- Reads both tables whole, in verify's snapshot.
SELECT count(*)
  FROM (SELECT business_date AS day, venue_id, partition, count(*) AS scans, sum(people)::bigint AS people
          FROM entries
         WHERE status = 'admitted'
         GROUP BY 1, 2, 3) AS fact
  FULL JOIN day_entered AS cell
    ON cell.day = fact.day AND cell.venue_id = fact.venue_id AND cell.partition = fact.partition
 WHERE (cell.scans, cell.people) IS DISTINCT FROM (fact.scans, fact.people)

-- name: negative_cells
-- Reads the rollups whole; their CHECKs should leave nothing to find.
SELECT (SELECT count(*) FROM minute_taken WHERE payments < 0 OR amount_vnd < 0)
     + (SELECT count(*) FROM hour_taken WHERE payments < 0 OR amount_vnd < 0)
     + (SELECT count(*) FROM day_taken WHERE payments < 0 OR amount_vnd < 0)
     + (SELECT count(*) FROM day_entered WHERE scans < 0 OR people < 0)

-- name: rollup_totals
-- All four must be one number; reads the tables whole, in verify's snapshot.
SELECT (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM minute_taken) AS by_minute_vnd,
       (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM hour_taken) AS by_hour_vnd,
       (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM day_taken) AS by_day_vnd,
       (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM payments WHERE status IN ('settled', 'recorded')) AS facts_vnd

-- name: all_offsets
-- How far each partition is read, to be held against Kafka; some dozens of rows by primary key.
SELECT topic, partition, next_offset FROM offsets WHERE topic = ANY ($1::text[]) ORDER BY topic, partition
