-- name: audit_before
-- A page of the trail, newest first, by primary key; of one action, by the index audit_action.
SELECT id FROM audit WHERE id < $1 AND ($2 = '' OR action = $2) ORDER BY id DESC LIMIT $3

-- name: audit_of_day
-- The same of [$4, $5), by the index audit_at.
SELECT id FROM audit
 WHERE at >= $4 AND at < $5 AND id < $1 AND ($2 = '' OR action = $2)
 ORDER BY id DESC LIMIT $3

-- name: audit_lines
-- The lines of a page, and whom they name, all by primary keys.
SELECT audit.id, audit.at, audit.action, audit.subject, audit.detail::text AS detail,
       actor.display_name AS actor_name, actor.role AS actor_role,
       phone.name AS actor_phone, phone.kind AS actor_phone_kind,
       whom.display_name AS person_name, whom.role AS person_role, what.name AS phone_name, what.kind AS phone_kind,
       audit.subject = 'person:' || audit.actor_id AS is_own
  FROM audit
  LEFT JOIN persons AS actor ON actor.person_id = audit.actor_id
  LEFT JOIN devices AS phone ON phone.device_id = audit.actor_id
  LEFT JOIN persons AS whom
    ON whom.person_id = CASE WHEN audit.subject ~ '^person:[0-9a-f-]{36}$' THEN substring(audit.subject FROM 8)::uuid END
  LEFT JOIN devices AS what
    ON what.device_id = CASE WHEN audit.subject ~ '^device:[0-9a-f-]{36}$' THEN substring(audit.subject FROM 8)::uuid END
 WHERE audit.id = ANY ($1::bigint[])
 ORDER BY audit.id DESC
