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
-- Those of a person that still admit, newest first, by the index sessions_of_person; the phones by their primary key.
SELECT session_id, sessions.device_id, devices.name AS phone, address, browser, started_at
  FROM sessions LEFT JOIN devices ON devices.device_id = sessions.device_id
 WHERE person_id = $1 AND expires_at > $2 AND ended_at IS NULL
 ORDER BY started_at DESC LIMIT 100

-- name: delete_old_sessions
-- Cleaning; reads the small table.
DELETE FROM sessions WHERE expires_at < $1
