-- name: append_said
WITH changed AS (
    INSERT INTO changes (topic, key) SELECT topic, key FROM unnest($10::text[], $11::text[]) AS rows (topic, key)
)
INSERT INTO outbox (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at)
SELECT id, topic, key, aggregate_type, aggregate_id, type, payload, headers::jsonb, at
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[],
              $9::timestamptz[])
       WITH ORDINALITY AS rows (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at, place)
 ORDER BY place

-- name: unsent_outbox
SELECT seq, topic, key, payload, headers::text AS headers, at
  FROM outbox
 WHERE sent_at IS NULL
 ORDER BY seq
 LIMIT $1

-- name: mark_outbox_sent
UPDATE outbox SET sent_at = now() WHERE seq = ANY ($1::bigint[])

-- name: count_outbox_unsent
SELECT count(*) FROM (SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 10000) AS unsent

-- name: resend_outbox
UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL AND at >= $1

-- name: delete_old_outbox
DELETE FROM outbox WHERE sent_at < now() - interval '7 days'

-- name: claim_inbox
INSERT INTO inbox (ce_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true

-- name: known_inbox
SELECT ce_id FROM inbox WHERE ce_id = ANY ($1::text[])

-- name: claim_idempotency
INSERT INTO idempotency (key, fingerprint) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true

-- name: find_idempotency
SELECT fingerprint, response FROM idempotency WHERE key = $1

-- name: keep_idempotency
UPDATE idempotency SET response = $2 WHERE key = $1

-- name: delete_old_idempotency
DELETE FROM idempotency WHERE at < now() - interval '7 days'

-- name: changes_after
(SELECT seq, topic, key FROM changes WHERE seq = ANY ($2::bigint[]))
UNION ALL
(SELECT seq, topic, key FROM changes WHERE seq > $1 ORDER BY seq LIMIT 10000)

-- name: last_change
SELECT coalesce(max(seq), 0) FROM changes

-- name: delete_old_changes
DELETE FROM changes WHERE at < now() - interval '1 day'

-- name: revoke_subject
INSERT INTO revocations (subject_id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: revoked_subjects
SELECT subject_id FROM revocations

-- name: append_audit
INSERT INTO audit (at, actor_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5::text::jsonb)
