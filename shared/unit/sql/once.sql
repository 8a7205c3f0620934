-- name: claim_inbox
-- First statement of a handler: a second transaction with the same id waits here on the primary key.
INSERT INTO inbox (ce_id, content) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true

-- name: content_of_inbox
-- What an identifier said when it was handled, by primary key; only asked for one that comes again.
SELECT content FROM inbox WHERE ce_id = $1

-- name: known_inbox
-- Which of these were handled, by primary key.
SELECT ce_id FROM inbox WHERE ce_id = ANY ($1::text[])

-- name: claim_idempotency
-- First statement of a request: a second one with the same key waits here on the primary key.
-- $3 is the key as the release before kept it; what it answered stands for a week.
INSERT INTO idempotency (key, fingerprint)
SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM idempotency WHERE key = $3)
ON CONFLICT DO NOTHING RETURNING true

-- name: find_idempotency
-- The kept answer, by primary key, under either form of the request's key.
SELECT fingerprint, response FROM idempotency WHERE key = ANY ($1::text[])

-- name: keep_idempotency
-- Keeps the answer in the row claimed by this transaction.
UPDATE idempotency SET response = $2 WHERE key = $1

-- name: delete_old_idempotency
-- Cleaning, by idempotency_at.
DELETE FROM idempotency WHERE at < now() - interval '7 days'
