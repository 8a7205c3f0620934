-- A payment is told when it can be made and again when it was: room on the page for the second, which then writes no
-- index.

SET lock_timeout = '5s';

ALTER TABLE payments SET (fillfactor = 85);
