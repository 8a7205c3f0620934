-- name: append_said
-- Every event and every change of a transaction, its last statement: `seq` is taken after every lock. That an event is not
-- sent yet stands in unsent; sent_at is the word of the release before, which by it leaves our rows alone.
WITH changed AS (
    INSERT INTO changes (topic, key, version, state)
    SELECT topic, key, version, state
      FROM unnest($10::text[], $11::text[], $12::bigint[], $13::bytea[]) AS rows (topic, key, version, state)
), said AS (
    INSERT INTO outbox (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at, sent_at)
    SELECT id, topic, key, aggregate_type, aggregate_id, type, payload, headers::jsonb, at, at
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[],
                  $9::timestamptz[])
           WITH ORDINALITY AS rows (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at, place)
     ORDER BY place
    RETURNING seq
)
INSERT INTO unsent (seq) SELECT seq FROM said

-- name: unsent_outbox
-- The relay's next batch, by the primary keys of unsent and outbox.
SELECT seq, topic, key, payload, headers::text AS headers, at
  FROM outbox
 WHERE seq = ANY (ARRAY(SELECT seq FROM unsent ORDER BY seq LIMIT $1))
 ORDER BY seq

-- name: mark_outbox_sent
-- After Kafka's acknowledgement, by primary key.
DELETE FROM unsent WHERE seq = ANY ($1::bigint[])

-- name: count_outbox_unsent
-- For the gauge; bounded.
SELECT count(*) FROM (SELECT 1 FROM unsent LIMIT 10000) AS waiting

-- name: resend_outbox
-- A person asked to send again what a broker lost; reads the whole table once.
INSERT INTO unsent (seq) SELECT seq FROM outbox WHERE at >= $1 ON CONFLICT DO NOTHING

-- name: delete_old_outbox
-- Cleaning, of the oldest $1 by primary key; what waits to be sent stays.
DELETE FROM outbox
 WHERE seq = ANY (ARRAY(SELECT seq FROM outbox ORDER BY seq LIMIT $1)) AND at < now() - interval '7 days'
   AND NOT EXISTS (SELECT FROM unsent WHERE unsent.seq = outbox.seq)
