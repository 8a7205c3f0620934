-- name: append_audit
-- One line of the trail, in the transaction of what it tells.
INSERT INTO audit (at, actor_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5::text::jsonb)

-- name: audit_before
-- A page of the trail, newest first, by primary key; of one action, by the index audit_action.
SELECT id, at, actor_id, action, subject, detail::text AS detail FROM audit
 WHERE id < $1 AND ($2 = '' OR action = $2)
 ORDER BY id DESC LIMIT $3

-- name: audit_of_day
-- The same of [$4, $5), by the index audit_at.
SELECT id, at, actor_id, action, subject, detail::text AS detail FROM audit
 WHERE at >= $4 AND at < $5 AND id < $1 AND ($2 = '' OR action = $2)
 ORDER BY id DESC LIMIT $3

-- name: seal_audit
-- Seals lines of the trail older than $1, by their primary key and the seals'. Of two at once one seals: both would
-- begin behind the same seal, which only one can follow.
-- It waits for whoever has written for longer than that: a row of theirs may still come between.
-- An instant is sealed as its number, the same in any time zone.
WITH last AS (
    SELECT up_to, hash FROM seals WHERE sealed = 'audit' ORDER BY up_to DESC LIMIT 1
), next AS (
    SELECT id, at, actor_id, action, subject, detail FROM audit
     WHERE id > coalesce((SELECT up_to FROM last), 0) ORDER BY id LIMIT 5000
), due AS (
    SELECT max(id) AS up_to FROM next WHERE at < $1
)
INSERT INTO seals (sealed, after_id, up_to, hash, at)
SELECT 'audit', coalesce((SELECT up_to FROM last), 0), due.up_to,
       sha256(coalesce((SELECT hash FROM last), '') || convert_to(string_agg(jsonb_build_array(
           id, extract(epoch FROM at), actor_id, action, subject, detail)::text, E'\n' ORDER BY id), 'UTF8')), $2
  FROM next JOIN due ON next.id <= due.up_to
 WHERE NOT EXISTS (SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND backend_xid IS NOT NULL AND xact_start < $1)
 GROUP BY due.up_to
    ON CONFLICT DO NOTHING
RETURNING up_to, encode(hash, 'hex') AS hash

-- name: broken_seals_of_audit
-- For verify, the seals of lines of the trail that do not fit what lies there now: reads all of both, locks nothing.
SELECT count(*) AS seals, count(*) FILTER (WHERE after_id <> end_before OR hash <> sha256(hash_before || (
           SELECT convert_to(coalesce(string_agg(jsonb_build_array(
                      id, extract(epoch FROM at), actor_id, action, subject, detail)::text, E'\n' ORDER BY id), ''), 'UTF8')
             FROM audit WHERE (id > after_id OR after_id = 0) AND id <= up_to))) AS broken
  FROM (SELECT after_id, up_to, hash, coalesce(lag(up_to) OVER (ORDER BY up_to), 0) AS end_before,
               coalesce(lag(hash) OVER (ORDER BY up_to), '') AS hash_before
          FROM seals WHERE sealed = 'audit') AS chain
