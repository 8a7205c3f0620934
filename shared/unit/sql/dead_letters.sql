-- name: put_aside
-- What cannot be handled, by the transaction that passes over it; read again it falls on the primary key.
INSERT INTO put_aside (topic, partition, log_offset, content, at, ce_id, type, reason, detail, last_digits, amount_vnd,
                       key, headers, payload)
SELECT topic, partition, log_offset, content, at, ce_id, type, reason, detail, last_digits, amount_vnd, key,
       headers::jsonb, payload
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bytea[], $5::timestamptz[], $6::text[], $7::text[],
              $8::text[], $9::text[], $10::text[], $11::bigint[], $12::bytea[], $13::text[], $14::bytea[])
       AS letter (topic, partition, log_offset, content, at, ce_id, type, reason, detail, last_digits, amount_vnd,
                  key, headers, payload)
    ON CONFLICT DO NOTHING
RETURNING reason

-- name: newest_put_aside
-- For a person, newest first, by put_aside_at; $2: also those that are settled.
SELECT topic, partition, log_offset, content, at, ce_id, type, reason, detail, last_digits, amount_vnd, key,
       headers::text AS headers, payload, settled_at, settled_how, settled_why
  FROM put_aside
 WHERE $2 OR settled_at IS NULL
 ORDER BY at DESC, topic, partition, log_offset DESC
 LIMIT $1

-- name: find_put_aside
-- Those of one name, which is an identifier or a place: by put_aside_ce_id and the primary key.
SELECT topic, partition, log_offset, content, at, ce_id, type, reason, detail, last_digits, amount_vnd, key,
       headers::text AS headers, payload, settled_at, settled_how, settled_why
  FROM put_aside
 WHERE ce_id = $1 OR (topic = $2 AND partition = $3 AND log_offset = $4)
 ORDER BY at

-- name: settle_put_aside
-- One letter, once, by primary key.
UPDATE put_aside SET settled_at = $5, settled_how = $6, settled_why = $7
 WHERE topic = $1 AND partition = $2 AND log_offset = $3 AND content = $4 AND settled_at IS NULL
RETURNING true

-- name: count_put_aside
-- For the gauge: what waits for somebody, by the partial index put_aside_open.
SELECT reason, count(*) AS letters FROM put_aside WHERE settled_at IS NULL GROUP BY reason

-- name: forget_old_put_aside
-- Cleaning, by put_aside_raw: a raw message may hold a payer's name, and 90 days are enough to look into it.
UPDATE put_aside SET key = NULL, headers = NULL, payload = NULL
 WHERE at < now() - interval '90 days' AND payload IS NOT NULL
