-- name: add_offsets
INSERT INTO offsets (topic, partition)
SELECT topic, partition FROM unnest($1::text[], $2::integer[]) AS known (topic, partition)
    ON CONFLICT DO NOTHING

-- name: read_offsets
SELECT topic, partition, next_offset FROM offsets WHERE topic = ANY ($1::text[])

-- name: advance_offsets
UPDATE offsets
   SET next_offset = held.new_offset, newest_at = greatest(offsets.newest_at, held.newest_at)
  FROM (SELECT offsets.topic, offsets.partition, wanted.new_offset, wanted.newest_at
          FROM offsets
          JOIN unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::timestamptz[])
               AS wanted (topic, partition, old_offset, new_offset, newest_at)
            ON offsets.topic = wanted.topic AND offsets.partition = wanted.partition
         WHERE offsets.next_offset = wanted.old_offset
         ORDER BY offsets.topic, offsets.partition
           FOR UPDATE OF offsets) AS held
 WHERE offsets.topic = held.topic AND offsets.partition = held.partition
RETURNING offsets.topic

-- name: claim_cluster
INSERT INTO kafka_cluster (cluster_id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: find_cluster
SELECT cluster_id FROM kafka_cluster

-- name: see_worker
INSERT INTO worker_seen (at, events_behind) VALUES ($1, $2)
    ON CONFLICT (only_one) DO UPDATE SET at = excluded.at, events_behind = excluded.events_behind

-- name: append_dead_letters
INSERT INTO dead_letters (topic, partition, log_offset, at, type, reason, detail, ce_id, key, payload)
SELECT topic, partition, log_offset, at, type, reason, detail, ce_id, key, payload
  FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
              $8::text[], $9::bytea[], $10::bytea[])
       AS letter (topic, partition, log_offset, at, type, reason, detail, ce_id, key, payload)
    ON CONFLICT DO NOTHING

-- name: list_dead_letters
SELECT topic, partition, log_offset, at, type, reason, detail, ce_id, key, payload
  FROM dead_letters
 ORDER BY topic, partition, log_offset
 LIMIT $1

-- name: lock_offset
SELECT next_offset FROM offsets WHERE topic = $1 AND partition = $2 FOR UPDATE

-- name: delete_dead_letter
DELETE FROM dead_letters WHERE topic = $1 AND partition = $2 AND log_offset = $3

-- name: hold_tables
-- Whoever reads several tables takes this first: a rebuild swaps them under an exclusive lock of the same table, so
-- neither can hold one table and wait for another.
LOCK TABLE offsets IN ACCESS SHARE MODE
