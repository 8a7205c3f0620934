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

-- name: insert_posting
-- One entry of the ledger; rows are never changed, so it waits for nobody.
INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at) VALUES ($1, $2, $3, $4, $5, $6)

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
