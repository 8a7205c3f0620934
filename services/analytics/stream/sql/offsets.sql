-- name: add_offsets
-- A row for each partition we shall read, by primary key; those that stand stay.
INSERT INTO offsets (topic, partition)
SELECT topic, partition FROM unnest($1::text[], $2::integer[]) AS known (topic, partition)
    ON CONFLICT DO NOTHING

-- name: read_offsets
-- Where to begin, by the topic in front of the primary key: some dozens of rows.
SELECT topic, partition, next_offset FROM offsets WHERE topic = ANY ($1::text[])

-- name: advance_offsets
-- First statement of a batch: compares and sets under row locks in the order of the primary key.
UPDATE offsets
   SET next_offset = held.new_offset, newest_at = greatest(offsets.newest_at, least(held.newest_at, now()))
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
-- The first cluster asked for becomes ours; the table has room for one row.
INSERT INTO kafka_cluster (cluster_id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: find_cluster
-- The cluster that our offsets belong to; one row.
SELECT cluster_id FROM kafka_cluster

-- name: see_worker
-- When a worker last looked and what it had not read by then; the table has room for one row.
INSERT INTO worker_seen (at, events_behind) VALUES ($1, $2)
    ON CONFLICT (only_one) DO UPDATE SET at = excluded.at, events_behind = excluded.events_behind

-- name: lock_offset
-- Holds off the worker of one partition while its dead letter is counted, by primary key.
SELECT next_offset FROM offsets WHERE topic = $1 AND partition = $2 FOR UPDATE

-- name: hold_tables
-- Whoever reads several tables takes this first: a rebuild swaps them under an exclusive lock of the same table, so
-- neither can hold one table and wait for another.
LOCK TABLE offsets IN ACCESS SHARE MODE
