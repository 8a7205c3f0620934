-- The tickets of a venue that may still be shown: what a gate phone asks for, however many have had their day.

-- A migration is one transaction, and with 200 000 tickets sales wait less than a second for each index.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tickets_still_shown ON tickets (venue_id, (valid_from + days));
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tickets_revoked ON tickets (venue_id, (valid_from + days)) WHERE status = 'revoked';
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tickets_issued ON tickets (venue_id, issued_at);
-- Nothing asks by it any more.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX tickets_of_venue;
-- An admission changes no indexed column, so with room on the page it writes no index.
ALTER TABLE tickets SET (fillfactor = 85);
