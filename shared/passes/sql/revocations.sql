-- name: revoke_subject
-- No pass of this person or phone is honoured any more; once, by primary key.
INSERT INTO revocations (subject_id) VALUES ($1) ON CONFLICT DO NOTHING

-- name: revoked_subjects
-- All of them: the table is read whole into memory at every wake-up.
SELECT subject_id FROM revocations

-- name: end_passes
-- Passes of a subject from before this are honoured no more, by primary key; the latest end counts.
INSERT INTO passes_ended AS known (subject_id, not_before) VALUES ($1, $2)
ON CONFLICT (subject_id) DO UPDATE SET not_before = EXCLUDED.not_before, at = now()
 WHERE known.not_before < EXCLUDED.not_before

-- name: passes_ended_since
-- What is new at a wake-up, by the index passes_ended_at; everything that may still matter at a start (NULL).
-- No pass is good for more than a year.
SELECT subject_id, not_before, at FROM passes_ended
 WHERE at >= coalesce($1::timestamptz, now() - interval '366 days')
 ORDER BY at
