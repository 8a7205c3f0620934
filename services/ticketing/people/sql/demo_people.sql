-- name: count_present_persons
-- At a start for real: whether somebody made up could still come in; by the primary key.
SELECT count(*) FROM persons WHERE person_id = ANY ($1::uuid[]) AND revoked_at IS NULL

-- name: remove_persons
-- Once in a database's life: the made-up people lose what they sign in with; by the primary key.
UPDATE persons
   SET revoked_at = $2, login = 'removed-' || person_id, pin_salt = NULL, pin_hash = NULL, password_hash = NULL,
       version = version + 1
 WHERE person_id = ANY ($1::uuid[]) AND revoked_at IS NULL
RETURNING person_id AS subject_id, version, venues

-- name: revoke_devices_paired_by
-- With them go the phones that they paired; reads all phones, of which there are few.
UPDATE devices SET revoked_at = $2, version = version + 1
 WHERE paired_by = ANY ($1::uuid[]) AND revoked_at IS NULL
RETURNING device_id AS subject_id, version, venues

-- name: delete_pairing_codes_of
-- And the codes by which another could still be paired; reads all codes, which live a day.
DELETE FROM pairing_codes WHERE made_by = ANY ($1::uuid[])
