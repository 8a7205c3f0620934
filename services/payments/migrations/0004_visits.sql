-- What an order is for, so that a host sees when guests come; unknown for intents that were opened before.

SET lock_timeout = '5s';

ALTER TABLE intents
    ADD COLUMN visit_on date,
    ADD COLUMN nights integer,
    ADD COLUMN people integer;
