-- The limits of a kind of product come from the seed, as the rest of the catalogue. A database with a catalogue keeps its own.

SET lock_timeout = '5s';

DELETE FROM kind_limits WHERE NOT EXISTS (SELECT FROM venues);

-- Operators read the audit by day. A line a deed of a person: few, and a migration is one transaction.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_at ON audit (at);
