-- Places cannot be taken for nothing: rules by category and kind of product, free places of a day, who holds unpaid.

SET lock_timeout = '5s';

-- What may cost nothing: people who come by the company of payers, and how many come by their paper alone.
ALTER TABLE categories
    ADD COLUMN free_each_payer integer NOT NULL DEFAULT 5 CHECK (free_each_payer >= 0),
    ADD COLUMN free_most integer NOT NULL DEFAULT 30 CHECK (free_most >= 0),
    ADD COLUMN free_alone integer NOT NULL DEFAULT 0 CHECK (free_alone >= 0);
UPDATE categories SET free_alone = 5 WHERE needs_evidence;

-- How much of a day may be held unpaid, or given to orders that cost nothing. whole_*: a stay of so few nights or
-- people may take all that is free, once; 0 where no order may.
CREATE TABLE kind_limits (
    kind text PRIMARY KEY,
    unpaid_percent integer NOT NULL CHECK (unpaid_percent BETWEEN 0 AND 100),
    unpaid_least integer NOT NULL CHECK (unpaid_least >= 0),
    free_percent integer NOT NULL CHECK (free_percent BETWEEN 0 AND 100),
    free_least integer NOT NULL CHECK (free_least >= 0),
    whole_nights integer NOT NULL CHECK (whole_nights >= 0),
    whole_people integer NOT NULL CHECK (whole_people >= 0)
);
INSERT INTO kind_limits (kind, unpaid_percent, unpaid_least, free_percent, free_least, whole_nights, whole_people)
VALUES ('entry', 30, 120, 2, 10, 0, 0),
       ('boat_trip', 30, 120, 2, 10, 0, 0),
       ('stay', 50, 0, 2, 10, 3, 6);

-- Of the places held or sold, those of orders that cost nothing.
ALTER TABLE days ADD COLUMN free integer NOT NULL DEFAULT 0 CHECK (free >= 0);
UPDATE days
   SET free = standing.people
  FROM (SELECT product_id, day::date AS day, sum(people) AS people
          FROM orders,
               generate_series(visit_on, visit_on + greatest(nights, 1) - 1, interval '1 day') AS taken (day)
         WHERE status = 'ticketed' AND total_vnd = 0
         GROUP BY product_id, day) AS standing
 WHERE days.product_id = standing.product_id AND days.day = standing.day;

-- Where an order came from, under a key of the day: open ones of one address are counted.
ALTER TABLE orders ADD COLUMN address_hash bytea;
-- A migration is one transaction, and the index is empty when it is made.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX orders_of_address ON orders (address_hash, placed_at) WHERE address_hash IS NOT NULL;

-- An operator undoes orders by day and reason; their money goes back.
-- One state more than before, so what stands keeps it; and one transaction, so NOT VALID would save nothing.
-- squawk-ignore ban-drop-constraint
ALTER TABLE orders DROP CONSTRAINT orders_status_check;
-- squawk-ignore constraint-missing-not-valid
ALTER TABLE orders ADD CONSTRAINT orders_status_check
    CHECK (status IN ('placed', 'ticketed', 'expired', 'cancelled', 'unfulfilled', 'undone'));
