-- name: insert_transfers
-- Transfers, once however often they are told: by the unique keys of account and bank reference, and of provider and its
-- id. The first of two comes first; those that two batches have in common are waited for in one order.
INSERT INTO transfers (transfer_id, merchant_id, account_number, bank_reference, provider, provider_id, amount_vnd,
                       occurred_at, recorded_at, bank_code, memo)
SELECT transfer_id, merchant_id, account_number, bank_reference, provider, provider_id, amount_vnd, occurred_at,
       recorded_at, bank_code, memo
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[],
              $9::timestamptz[], $10::text[], $11::text[])
       WITH ORDINALITY AS new (transfer_id, merchant_id, account_number, bank_reference, provider, provider_id,
                               amount_vnd, occurred_at, recorded_at, bank_code, memo, place)
 ORDER BY account_number, bank_reference, place
ON CONFLICT DO NOTHING
RETURNING transfer_id

-- name: find_transfer_amount
-- What is booked for a transfer that was told again, by either of the same two unique keys.
SELECT amount_vnd FROM transfers
 WHERE (account_number = $1 AND bank_reference = $2) OR (provider = $3 AND provider_id = $4)
 LIMIT 1

-- name: insert_suspended
-- Money of a transfer that waits, added to what waits for the same reason, by the primary key; the upsert locks the row.
INSERT INTO suspended_money (transfer_id, merchant_id, amount_vnd, reason, proposal, order_id, at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1)
ON CONFLICT (transfer_id, reason) DO UPDATE
   SET amount_vnd = excluded.amount_vnd
                  + CASE WHEN suspended_money.state = 'waiting' THEN suspended_money.amount_vnd ELSE 0 END,
       state = 'waiting', proposal = excluded.proposal, order_id = excluded.order_id, at = excluded.at,
       version = suspended_money.version + 1
RETURNING amount_vnd, version,
          (SELECT bank_code FROM transfers WHERE transfers.transfer_id = suspended_money.transfer_id) AS bank_code
