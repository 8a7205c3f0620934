-- What a revoked phone still sent: counted at each of its uploads, which end at a total.

SET lock_timeout = '5s';
-- Few rows are so; a migration is one transaction, and scans wait a moment for it.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX admissions_quarantined ON admissions (device_id) WHERE verdict = 'quarantined';
