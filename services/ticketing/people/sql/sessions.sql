-- name: insert_session
-- Somebody came in.
INSERT INTO sessions (session_id, person_id, device_id, address, browser, started_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: end_session
-- Ends once, by primary key, and only the own; a second time finds no row.
UPDATE sessions SET ended_at = $3 WHERE session_id = $1 AND person_id = $2 AND ended_at IS NULL
RETURNING session_id

-- name: end_sessions_of_person
-- All that are open but one ($2, NULL for none), by the index sessions_of_person.
UPDATE sessions SET ended_at = $3
 WHERE person_id = $1 AND session_id IS DISTINCT FROM $2 AND ended_at IS NULL AND expires_at > $3
RETURNING session_id

-- name: open_sessions
-- Those of a person that still admit, newest first, by the index sessions_of_person.
SELECT session_id, device_id, address, browser, started_at
  FROM sessions
 WHERE person_id = $1 AND expires_at > $2 AND ended_at IS NULL
 ORDER BY started_at DESC LIMIT 100

-- name: delete_old_sessions
-- Cleaning; reads the small table.
DELETE FROM sessions WHERE expires_at < $1
