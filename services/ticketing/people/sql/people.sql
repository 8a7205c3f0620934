-- name: insert_person
-- A new person; one of that id or login (unique) is left as they are.
INSERT INTO persons (person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING person_id

-- name: known_persons
-- Which of these are there, by primary key.
SELECT person_id FROM persons WHERE person_id = ANY ($1::uuid[])

-- name: find_person
-- One person, by primary key.
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons WHERE person_id = $1

-- name: find_person_by_login
-- Who signs in, by the unique key of login.
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons WHERE login = $1

-- name: persons_of_venues
-- People of some venues, by the index persons_venues.
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons
 WHERE venues && $1::text[] AND revoked_at IS NULL
 ORDER BY role, display_name LIMIT 1000

-- name: all_persons
-- For an operator; reads the small table, at most 1,000 rows of it.
SELECT person_id, login, display_name, role, venues, scope, pin_salt, pin_hash, password_hash, revoked_at, version
  FROM persons
 WHERE revoked_at IS NULL
 ORDER BY role, display_name LIMIT 1000

-- name: change_person_secrets
-- New secrets by primary key; NULL leaves a secret as it is.
UPDATE persons
   SET pin_salt = coalesce($2, pin_salt), pin_hash = coalesce($3, pin_hash),
       password_hash = coalesce($4, password_hash), version = version + 1
 WHERE person_id = $1
RETURNING version

-- name: revoke_person
-- Revokes once, by primary key; a second time finds no row.
UPDATE persons SET revoked_at = $2, version = version + 1
 WHERE person_id = $1 AND revoked_at IS NULL
RETURNING version

-- name: has_operator
-- Asked at a start only; reads the small table until it finds one.
SELECT EXISTS (SELECT 1 FROM persons WHERE role = 'operator' AND revoked_at IS NULL)

-- name: insert_device
-- A phone that was just paired.
INSERT INTO devices (device_id, kind, venues, name, paired_at, paired_by) VALUES ($1, $2, $3, $4, $5, $6)

-- name: find_device
-- One phone, by primary key.
SELECT device_id, kind, venues, name, paired_at, revoked_at, version, last_seen_at FROM devices WHERE device_id = $1

-- name: devices_of_venues
-- Phones of some venues, by the index devices_venues.
SELECT device_id, kind, devices.venues, name, paired_at, persons.display_name AS paired_by, last_seen_at
  FROM devices JOIN persons ON persons.person_id = devices.paired_by
 WHERE devices.venues && $1::text[] AND devices.revoked_at IS NULL
 ORDER BY paired_at DESC LIMIT 1000

-- name: all_devices
-- For an operator; reads the small table, at most 1,000 rows of it.
SELECT device_id, kind, devices.venues, name, paired_at, persons.display_name AS paired_by, last_seen_at
  FROM devices JOIN persons ON persons.person_id = devices.paired_by
 WHERE devices.revoked_at IS NULL
 ORDER BY paired_at DESC LIMIT 1000

-- name: see_device
-- When a phone was last heard of, by primary key.
UPDATE devices SET last_seen_at = $2 WHERE device_id = $1

-- name: rename_device
-- A phone's new name, by primary key.
UPDATE devices SET name = $2, version = version + 1 WHERE device_id = $1

-- name: revoke_device
-- Revokes once, by primary key; a second time finds no row.
UPDATE devices SET revoked_at = $2, version = version + 1
 WHERE device_id = $1 AND revoked_at IS NULL
RETURNING version

-- name: insert_pairing_code
-- A code that was just made; only its hash is kept.
INSERT INTO pairing_codes (code_hash, kind, venues, made_by, expires_at) VALUES ($1, $2, $3, $4, $5)

-- name: use_pairing_code
-- Takes a code, by primary key: of two phones at once the second waits and finds it used.
UPDATE pairing_codes SET used_at = $2
 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING kind, venues, made_by

-- name: delete_old_pairing_codes
-- Cleaning; reads the small table.
DELETE FROM pairing_codes WHERE expires_at < $1

-- name: lock_invitations
-- Two starts at once must not both invite: the second waits for the end of the first.
LOCK TABLE invitations IN SHARE ROW EXCLUSIVE MODE

-- name: has_invitation
-- Whether one still holds; reads the small table, under its lock.
SELECT EXISTS (SELECT 1 FROM invitations WHERE used_at IS NULL AND expires_at > $1)

-- name: insert_invitation
-- An invitation that was just made; only its hash is kept.
INSERT INTO invitations (token_hash, expires_at) VALUES ($1, $2)

-- name: is_invitation
-- Whether it was made and is not too old, by primary key.
SELECT EXISTS (SELECT 1 FROM invitations WHERE token_hash = $1 AND expires_at > $2)

-- name: use_invitation
-- Takes an invitation, by primary key: of two at once the second waits and finds it used.
UPDATE invitations SET used_at = $2
 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2
RETURNING true

-- name: count_attempt
-- Counts a try, by primary key; tries at one subject wait for each other here.
INSERT INTO attempts AS a (subject, started_at, tries) VALUES ($1, $2, 1)
ON CONFLICT (subject) DO UPDATE
   SET started_at = CASE WHEN a.started_at <= $3 THEN $2 ELSE a.started_at END,
       tries = CASE WHEN a.started_at <= $3 THEN 1 ELSE a.tries + 1 END
RETURNING tries, started_at

-- name: forget_attempts
-- After a success, by primary key.
DELETE FROM attempts WHERE subject = ANY ($1::text[])

-- name: give_back_attempts
-- A success costs none of what others share, by primary key.
UPDATE attempts SET tries = tries - 1 WHERE subject = ANY ($1::text[]) AND tries > 1

-- name: forget_attempts_below
-- At a new secret, seldom: all that is counted of some beginnings; reads the small table.
DELETE FROM attempts
 WHERE EXISTS (SELECT 1 FROM unnest($1::text[]) AS given (beginning) WHERE starts_with(subject, beginning))

-- name: delete_old_attempts
-- Cleaning; reads the small table.
DELETE FROM attempts WHERE started_at < $1
