-- name: tell_stopped
-- Every second while a consumer pauses at a message, by primary key; what was ordered for another message is void.
INSERT INTO stopped_consumers AS known
       (topic, partition, log_offset, reason, detail, since, next_try_at, seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (topic, partition) DO UPDATE
   SET log_offset = excluded.log_offset, reason = excluded.reason, detail = excluded.detail, since = excluded.since,
       next_try_at = excluded.next_try_at, seen_at = excluded.seen_at,
       ordered = CASE WHEN known.log_offset = excluded.log_offset AND known.since = excluded.since
                      THEN known.ordered END
RETURNING ordered

-- name: forget_stopped
-- A consumer goes on, by primary key.
DELETE FROM stopped_consumers WHERE topic = $1 AND partition = $2

-- name: list_stopped
-- A row a stopped partition, so a dozen at most; whoever has not been seen for a while is not there any more.
SELECT topic, partition, log_offset, reason, detail, since, next_try_at
  FROM stopped_consumers
 WHERE seen_at > $1
 ORDER BY topic, partition

-- name: order_stopped
-- A person's word to all stopped partitions of a topic, which read it within a second.
UPDATE stopped_consumers SET ordered = $2 WHERE topic = $1 AND seen_at > $3
RETURNING topic, partition, log_offset
