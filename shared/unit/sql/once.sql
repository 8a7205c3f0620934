-- name: claim_inbox
-- First statement of handlers, in the order of their ids, so that two batches never wait for each other in a ring: a
-- second transaction with the same id waits here on the primary key.
INSERT INTO inbox (ce_id, content)
SELECT ce_id, content FROM unnest($1::text[], $2::bytea[]) AS heard (ce_id, content) ORDER BY ce_id
ON CONFLICT DO NOTHING RETURNING ce_id

-- name: contents_of_inbox
-- What identifiers said when they were handled, by primary key; only asked for if one comes again.
SELECT ce_id, content FROM inbox WHERE ce_id = ANY ($1::text[])

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

-- name: known_idempotency
-- Under which of these something is kept, by primary key.
SELECT key FROM idempotency WHERE key = ANY ($1::text[])

-- name: keep_idempotency
-- Keeps the answer in the row claimed by this transaction.
UPDATE idempotency SET response = $2 WHERE key = $1

-- name: delete_old_idempotency
-- Cleaning, of the oldest $1 by idempotency_at.
DELETE FROM idempotency
 WHERE key = ANY (ARRAY(SELECT key FROM idempotency WHERE at < now() - interval '7 days' ORDER BY at LIMIT $1))
