-- name: append_audit
-- One line of the trail, in the transaction of what it tells.
INSERT INTO audit (at, actor_id, action, subject, detail) VALUES ($1, $2, $3, $4, $5::text::jsonb)
