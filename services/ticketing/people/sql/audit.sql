-- name: audit_before
-- A page of the trail, newest first, by primary key; of one action, by the index audit_action.
SELECT audit.id, audit.at, audit.actor_id, audit.action, audit.subject, audit.detail::text AS detail,
       persons.display_name AS actor_name
  FROM audit LEFT JOIN persons ON persons.person_id = audit.actor_id
 WHERE audit.id < $1 AND ($2 = '' OR audit.action = $2)
 ORDER BY audit.id DESC LIMIT $3
