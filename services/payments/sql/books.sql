-- name: insert_transfer
INSERT INTO transfers (transfer_id, merchant_id, account_number, bank_reference, provider, provider_id, amount_vnd,
                       occurred_at, recorded_at, bank_code, memo)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT DO NOTHING
RETURNING transfer_id

-- name: find_transfer_amount
SELECT amount_vnd FROM transfers
 WHERE (account_number = $1 AND bank_reference = $2) OR (provider = $3 AND provider_id = $4)
 LIMIT 1

-- name: find_transfer_of_intent
SELECT transfer_id FROM transfers
  JOIN postings ON postings.source_id = transfers.transfer_id
 WHERE postings.credit = $1
 ORDER BY posting_id DESC LIMIT 1

-- name: insert_suspense
INSERT INTO suspense (transfer_id, merchant_id, amount_vnd, reason, proposal, order_id, at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1)
ON CONFLICT (transfer_id) DO UPDATE
   SET amount_vnd = suspense.amount_vnd + excluded.amount_vnd, reason = excluded.reason, version = suspense.version + 1
RETURNING amount_vnd, version

-- name: insert_posting
INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: money_in_and_placed
SELECT (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM transfers) AS money_in_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'allocated:%' THEN amount_vnd
                         WHEN debit LIKE 'allocated:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS allocated_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'suspense:%' THEN amount_vnd
                         WHEN debit LIKE 'suspense:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS suspense_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'refunded:%' THEN amount_vnd
                         WHEN debit LIKE 'refunded:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS refunded_vnd
  FROM postings

-- name: transfers_not_booked_once
SELECT count(*) FROM transfers
 WHERE amount_vnd <> (SELECT coalesce(sum(p.amount_vnd), 0) FROM postings AS p
                       WHERE p.source_id = transfers.transfer_id AND p.debit LIKE 'bank:%')

-- name: intents_not_as_booked
SELECT count(*) FROM intents
 WHERE paid_vnd <> (SELECT coalesce(sum(CASE WHEN p.credit = 'allocated:' || intent_id THEN p.amount_vnd
                                             ELSE -p.amount_vnd END), 0)
                      FROM postings AS p
                     WHERE p.credit = 'allocated:' || intent_id OR p.debit = 'allocated:' || intent_id)

-- name: suspense_not_as_booked
SELECT (SELECT coalesce(sum(amount_vnd), 0)::bigint FROM suspense WHERE state = 'waiting') AS waiting_vnd,
       coalesce(sum(CASE WHEN credit LIKE 'suspense:%' THEN amount_vnd
                         WHEN debit LIKE 'suspense:%' THEN -amount_vnd ELSE 0 END), 0)::bigint AS booked_vnd
  FROM postings

-- name: intents_settled_twice
SELECT count(*) FROM (
    SELECT order_id FROM intents WHERE status = 'settled' GROUP BY order_id HAVING count(*) > 1
) AS twice
