-- Orders of ticketing and charges of owners have ids of their own: the same id may be one of each, and what happens to an
-- order never touches a charge. A buyer chooses an order's id, so it must not name what somebody else is paid by.
--
-- Compatible with the code that still runs: all its statements but one. It opens intents by ON CONFLICT (order_id), which
-- wants the key that is dropped here, and no other unique key can serve it while the same id may stand twice. So from this
-- migration until the new code runs, the old code opens no intent: a charge is answered with an error, and an order that
-- the old consumer hears is put aside with its reason ("unexpected") and comes back by `dead-letters replay`. Whoever
-- wants none of that stops payments before migrating; Kafka keeps the orders for it.

SET lock_timeout = '5s';

ALTER TABLE intents
    ADD COLUMN source text NOT NULL DEFAULT 'order' CHECK (source IN ('order', 'charge'));
UPDATE intents SET source = 'charge' WHERE channel = 'owner';
-- From here on whoever opens an intent says which it is; the code that still runs opens none, as said above.
-- squawk-ignore ban-drop-default
ALTER TABLE intents ALTER COLUMN source DROP DEFAULT;
-- The table is locked by this migration already, and one index of it is built in well under a second for a million rows.
-- squawk-ignore constraint-missing-not-valid, disallowed-unique-constraint
ALTER TABLE intents ADD CONSTRAINT intents_source_order_id_key UNIQUE (source, order_id);
-- squawk-ignore ban-drop-constraint
ALTER TABLE intents DROP CONSTRAINT intents_order_id_key;
