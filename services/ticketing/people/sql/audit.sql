-- name: people_and_phones
-- Who or what has one of these ids, for a page of the trail, by both primary keys.
SELECT person_id AS id, 'person' AS what, display_name AS name, role AS kind FROM persons
 WHERE person_id = ANY ($1::uuid[])
 UNION ALL
SELECT device_id, 'phone', name, kind FROM devices
 WHERE device_id = ANY ($1::uuid[])
