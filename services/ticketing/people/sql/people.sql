-- name: insert_person
INSERT INTO persons (person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING person_id

-- name: known_persons
SELECT person_id FROM persons WHERE person_id = ANY ($1::uuid[])

-- name: find_person
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons WHERE person_id = $1

-- name: find_person_by_login
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons WHERE login = $1

-- name: persons_of_venues
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons
 WHERE venues && $1::text[] AND revoked_at IS NULL
 ORDER BY role, display_name LIMIT 1000

-- name: all_persons
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons
 WHERE revoked_at IS NULL
 ORDER BY role, display_name LIMIT 1000

-- name: change_person_secrets
UPDATE persons
   SET pin_salt = coalesce($2, pin_salt), pin_hash = coalesce($3, pin_hash),
       password_hash = coalesce($4, password_hash), version = version + 1
 WHERE person_id = $1

-- name: revoke_person
UPDATE persons SET revoked_at = $2, version = version + 1
 WHERE person_id = $1 AND revoked_at IS NULL
RETURNING version

-- name: has_operator
SELECT EXISTS (SELECT 1 FROM persons WHERE role = 'operator' AND revoked_at IS NULL)

-- name: insert_device
INSERT INTO devices (device_id, kind, venues, name, paired_at, paired_by) VALUES ($1, $2, $3, $4, $5, $6)

-- name: find_device
SELECT device_id, kind, venues, name, paired_at, revoked_at, version, last_seen_at FROM devices WHERE device_id = $1

-- name: devices_of_venues
SELECT device_id, kind, devices.venues, name, paired_at, persons.display_name AS paired_by, last_seen_at
  FROM devices JOIN persons ON persons.person_id = devices.paired_by
 WHERE devices.venues && $1::text[] AND devices.revoked_at IS NULL
 ORDER BY paired_at DESC LIMIT 1000

-- name: all_devices
SELECT device_id, kind, devices.venues, name, paired_at, persons.display_name AS paired_by, last_seen_at
  FROM devices JOIN persons ON persons.person_id = devices.paired_by
 WHERE devices.revoked_at IS NULL
 ORDER BY paired_at DESC LIMIT 1000

-- name: see_device
UPDATE devices SET last_seen_at = $2 WHERE device_id = $1

-- name: rename_device
UPDATE devices SET name = $2, version = version + 1 WHERE device_id = $1

-- name: revoke_device
UPDATE devices SET revoked_at = $2, version = version + 1
 WHERE device_id = $1 AND revoked_at IS NULL
RETURNING version

-- name: insert_pairing_code
INSERT INTO pairing_codes (code_hash, kind, venues, made_by, expires_at) VALUES ($1, $2, $3, $4, $5)

-- name: use_pairing_code
UPDATE pairing_codes SET used_at = $2
 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING kind, venues, made_by

-- name: delete_old_pairing_codes
DELETE FROM pairing_codes WHERE expires_at < $1

-- name: lock_invitations
LOCK TABLE invitations IN SHARE ROW EXCLUSIVE MODE

-- name: has_invitation
SELECT EXISTS (SELECT 1 FROM invitations WHERE used_at IS NULL AND expires_at > $1)

-- name: insert_invitation
INSERT INTO invitations (token_hash, expires_at) VALUES ($1, $2)

-- name: is_invitation
SELECT EXISTS (SELECT 1 FROM invitations WHERE token_hash = $1 AND expires_at > $2)

-- name: use_invitation
UPDATE invitations SET used_at = $2
 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING true

-- name: count_attempt
INSERT INTO attempts AS a (subject, started_at, tries) VALUES ($1, $2, 1)
ON CONFLICT (subject) DO UPDATE
   SET started_at = CASE WHEN a.started_at <= $3 THEN $2 ELSE a.started_at END,
       tries = CASE WHEN a.started_at <= $3 THEN 1 ELSE a.tries + 1 END
RETURNING tries, started_at

-- name: forget_attempts
DELETE FROM attempts WHERE subject = ANY ($1::text[])

-- name: delete_old_attempts
DELETE FROM attempts WHERE started_at < $1
