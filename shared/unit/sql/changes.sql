-- name: changes_after
-- What the streams have not seen yet, by primary key; numbers that were missing are asked for by name.
(SELECT seq, topic, key, version, state FROM changes WHERE seq = ANY ($2::bigint[]))
UNION ALL
(SELECT seq, topic, key, version, state FROM changes WHERE seq > $1 ORDER BY seq LIMIT 10000)

-- name: last_change
-- Where a new reader begins, by primary key.
SELECT coalesce(max(seq), 0) FROM changes

-- name: delete_old_changes
-- Cleaning, of the oldest $1 by primary key.
DELETE FROM changes
 WHERE seq = ANY (ARRAY(SELECT seq FROM changes ORDER BY seq LIMIT $1)) AND at < now() - interval '1 day'
