-- name: changes_after
-- What the streams have not seen yet, by primary key; numbers that were missing are asked for by name.
(SELECT seq, topic, key, version, state FROM changes WHERE seq = ANY ($2::bigint[]))
UNION ALL
(SELECT seq, topic, key, version, state FROM changes WHERE seq > $1 ORDER BY seq LIMIT 10000)

-- name: last_change
-- Where a new reader begins, by primary key.
SELECT coalesce(max(seq), 0) FROM changes

-- name: delete_old_changes
-- Cleaning, by changes_at.
DELETE FROM changes WHERE at < now() - interval '1 day'
