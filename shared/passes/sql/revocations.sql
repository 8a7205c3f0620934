-- name: revoke_subject
-- No pass of this person or phone is honoured any more; once, by primary key.
INSERT INTO revocations (subject_id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: revoked_subjects
-- All of them: the table is read whole into memory at every wake-up.
SELECT subject_id FROM revocations
