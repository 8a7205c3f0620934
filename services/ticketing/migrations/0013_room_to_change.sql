-- Room on the page for what changes after it was written, so that an update stays there and writes no index. Pages of
-- before stay as they are. Measured from 100 to 50 with everybody paying at once, and with a group of 60 that walks in
-- together; below this the room costs more than the last few updates save.

SET lock_timeout = '5s';

-- An order is written when it is placed, when it can be paid, and when it ends. The last leaves orders_holding, whose
-- predicate is its status, so it is never in place; but it stays on the page.
ALTER TABLE orders SET (fillfactor = 70);
ALTER TABLE tickets SET (fillfactor = 60);
