-- Room on the page for an intent as it was paid, so that the update stays there and writes none of its four indexes: no
-- column of them ever changes. Pages of before stay as they are.

SET lock_timeout = '5s';

ALTER TABLE intents SET (fillfactor = 70);
