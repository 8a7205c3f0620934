-- name: allocations_of_intent
-- What each transfer has on an intent now, before its money is freed: by postings_by_credit, then postings_by_source.
-- The intent's row is locked.
WITH paying AS (SELECT DISTINCT source_id FROM postings WHERE credit = $1)
SELECT source_id AS transfer_id, sum(CASE WHEN credit = $1 THEN amount_vnd ELSE -amount_vnd END)::bigint AS amount_vnd
  FROM paying
  JOIN postings USING (source_id)
 WHERE credit = $1 OR debit = $1
 GROUP BY source_id
HAVING sum(CASE WHEN credit = $1 THEN amount_vnd ELSE -amount_vnd END) <> 0
 ORDER BY min(posting_id)

-- name: insert_postings
-- Entries of the ledger in their order; rows are never changed, so it waits for nobody.
INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)
SELECT source_id, kind, debit, credit, amount_vnd, $6
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bigint[])
       WITH ORDINALITY AS new (source_id, kind, debit, credit, amount_vnd, place)
 ORDER BY place

-- name: money_in_and_placed
-- For verify, money in against where it lies: reads all transfers and postings of one snapshot, locks nothing.
SELECT (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM transfers) AS money_in_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'allocated:%' THEN amount_vnd
                         WHEN debit LIKE 'allocated:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS allocated_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'suspense:%' THEN amount_vnd
                         WHEN debit LIKE 'suspense:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS suspense_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'refunded:%' THEN amount_vnd
                         WHEN debit LIKE 'refunded:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS refunded_vnd
  FROM postings

-- name: transfers_not_booked_once
-- For verify, transfers whose sum did not come from the bank once: all transfers, their postings by postings_by_source.
SELECT count(*) FROM transfers
 WHERE amount_vnd <> (SELECT coalesce(sum(p.amount_vnd), 0) FROM postings AS p
                       WHERE p.source_id = transfers.transfer_id AND p.debit LIKE 'bank:%')

-- name: transfers_not_traceable
-- For verify, transfers of which more left an account than they brought there: reads all postings, locks nothing.
WITH sides (transfer_id, account, amount_vnd) AS (
    SELECT source_id, credit, amount_vnd FROM postings WHERE credit NOT LIKE 'cash%'
    UNION ALL
    SELECT source_id, debit, -amount_vnd FROM postings WHERE debit NOT LIKE 'cash%' AND debit NOT LIKE 'bank:%'
)
SELECT count(DISTINCT transfer_id)
  FROM (SELECT transfer_id FROM sides GROUP BY transfer_id, account HAVING sum(amount_vnd) < 0) AS overdrawn

-- name: cash_not_apart
-- For verify, postings between cash and bank money: reads all postings, locks nothing.
SELECT count(*) FROM postings WHERE (debit LIKE 'cash%') <> (credit LIKE 'cash%')

-- name: intents_not_as_booked
-- For verify, intents whose row and postings disagree: reads all intents and postings of one snapshot, locks nothing.
WITH booked (account, amount_vnd) AS (
    SELECT account, sum(amount_vnd)
      FROM (SELECT credit AS account, amount_vnd FROM postings WHERE credit LIKE 'allocated:%'
            UNION ALL
            SELECT debit, -amount_vnd FROM postings WHERE debit LIKE 'allocated:%') AS sides
     GROUP BY account
)
SELECT count(*)
  FROM (SELECT 'allocated:' || intent_id AS account, paid_vnd FROM intents) AS paid
  FULL JOIN booked USING (account)
 WHERE coalesce(paid.paid_vnd, 0) <> coalesce(booked.amount_vnd, 0)

-- name: suspense_not_as_booked
-- For verify, transfers whose waiting money and postings disagree: reads all of both of one snapshot, locks nothing.
WITH waiting (transfer_id, amount_vnd) AS (
    SELECT transfer_id, sum(amount_vnd) FROM suspended_money WHERE state = 'waiting' GROUP BY transfer_id
), booked (transfer_id, amount_vnd) AS (
    SELECT source_id, sum(CASE WHEN credit LIKE 'suspense:%' THEN amount_vnd ELSE -amount_vnd END)
      FROM postings WHERE credit LIKE 'suspense:%' OR debit LIKE 'suspense:%'
     GROUP BY source_id
)
SELECT coalesce(sum(waiting.amount_vnd), 0)::bigint AS waiting_vnd,
       coalesce(sum(booked.amount_vnd), 0)::bigint AS booked_vnd,
       count(*) FILTER (WHERE coalesce(waiting.amount_vnd, 0) <> coalesce(booked.amount_vnd, 0)) AS broken
  FROM waiting
  FULL JOIN booked USING (transfer_id)

-- name: intents_settled_twice
-- For verify, orders or charges that were settled twice: reads all intents, locks nothing.
SELECT count(*) FROM (
    SELECT 1 FROM intents WHERE status = 'settled' GROUP BY source, order_id HAVING count(*) > 1
) AS twice

-- name: seal_postings
-- Seals postings older than $1, by their primary key and the seals'; only the relay's timer runs it.
-- It waits for whoever has written for longer than that: a row of theirs may still come between.
-- An instant is sealed as its number, the same in any time zone.
WITH last AS (
    SELECT up_to, hash FROM seals WHERE sealed = 'postings' ORDER BY up_to DESC LIMIT 1
), next AS (
    SELECT posting_id, source_id, kind, debit, credit, amount_vnd, at FROM postings
     WHERE posting_id > coalesce((SELECT up_to FROM last), 0) ORDER BY posting_id LIMIT 5000
), due AS (
    SELECT max(posting_id) AS up_to FROM next WHERE at < $1
)
INSERT INTO seals (sealed, after_id, up_to, hash, at)
SELECT 'postings', coalesce((SELECT up_to FROM last), 0), due.up_to,
       sha256(coalesce((SELECT hash FROM last), '') || convert_to(string_agg(jsonb_build_array(
           posting_id, source_id, kind, debit, credit, amount_vnd, extract(epoch FROM at))::text, E'\n' ORDER BY posting_id), 'UTF8')), $2
  FROM next JOIN due ON next.posting_id <= due.up_to
 WHERE NOT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_xid IS NOT NULL AND xact_start < $1)
 GROUP BY due.up_to
RETURNING up_to, encode(hash, 'hex') AS hash

-- name: broken_seals_of_postings
-- For verify, the seals of postings that do not fit what lies there now: reads all of both, locks nothing.
SELECT count(*) AS seals, count(*) FILTER (WHERE after_id <> end_before OR hash <> sha256(hash_before || (
           SELECT convert_to(coalesce(string_agg(jsonb_build_array(
                      posting_id, source_id, kind, debit, credit, amount_vnd, extract(epoch FROM at))::text, E'\n' ORDER BY posting_id), ''), 'UTF8')
             FROM postings WHERE (posting_id > after_id OR after_id = 0) AND posting_id <= up_to))) AS broken
  FROM (SELECT after_id, up_to, hash, coalesce(lag(up_to) OVER (ORDER BY up_to), 0) AS end_before,
               coalesce(lag(hash) OVER (ORDER BY up_to), '') AS hash_before
          FROM seals WHERE sealed = 'postings') AS chain
