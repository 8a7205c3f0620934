-- Operators read the trail of this service as a page too, by kind and by day.

SET lock_timeout = '5s';

-- A line a deed of a person: few, and a migration is one transaction.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_action ON audit (action, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_at ON audit (at);
