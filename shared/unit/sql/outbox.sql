-- name: append_said
-- Every event and every change of a transaction, its last statement: `seq` is taken after every lock.
WITH changed AS (
    INSERT INTO changes (topic, key, version, state)
    SELECT topic, key, version, state
      FROM unnest($10::text[], $11::text[], $12::bigint[], $13::bytea[]) AS rows (topic, key, version, state)
)
INSERT INTO outbox (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at)
SELECT id, topic, key, aggregate_type, aggregate_id, type, payload, headers::jsonb, at
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[],
              $9::timestamptz[])
       WITH ORDINALITY AS rows (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at, place)
 ORDER BY place

-- name: unsent_outbox
-- The relay's next batch, by the partial index outbox_unsent.
SELECT seq, topic, key, payload, headers::text AS headers, at
  FROM outbox
 WHERE sent_at IS NULL
 ORDER BY seq
 LIMIT $1

-- name: mark_outbox_sent
-- After Kafka's acknowledgement, by primary key.
UPDATE outbox SET sent_at = now() WHERE seq = ANY ($1::bigint[])

-- name: count_outbox_unsent
-- For the gauge; bounded, by outbox_unsent.
SELECT count(*) FROM (SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 10000) AS unsent

-- name: resend_outbox
-- A person asked to send again what a broker lost; reads the whole table once.
UPDATE outbox SET sent_at = NULL WHERE sent_at IS NOT NULL AND at >= $1

-- name: delete_old_outbox
-- Cleaning, by outbox_sent_at.
DELETE FROM outbox WHERE sent_at < now() - interval '7 days'
