-- A change may carry the state that it led to, so that whoever watches it need not read it. Both or none: version tells
-- which of two states is the newer one.
ALTER TABLE changes ADD COLUMN version bigint, ADD COLUMN state bytea;
