-- name: insert_order
-- A new order; a second request for the same id waits on the primary key and inserts nothing. Neither does one from an
-- address that has enough open ones, by the index orders_of_address: orders from there wait for each other in make_days.
WITH there AS (
    SELECT count(*) FILTER (WHERE status = 'placed') AS open,
           count(*) FILTER (WHERE total_vnd > 0 AND status = 'ticketed' AND EXISTS (
               SELECT FROM tickets
                WHERE tickets.order_id = orders.order_id AND position = 0
                  AND issued_at > $16::timestamptz - interval '1 hour'
           )) AS paid
      FROM orders WHERE address_hash = $18::bytea AND placed_at > $21
)
INSERT INTO orders (order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people,
                    ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, address_hash,
                    version)
SELECT $1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16::timestamptz, $17,
       $18::bytea, 1
  FROM there WHERE open < $19::integer + $20::integer * paid OR $7::bigint = 0
ON CONFLICT (order_id) DO NOTHING
RETURNING true

-- name: forget_addresses
-- Cleaning, some thousands at a time: where old orders came from, by the index orders_of_address, which so stays small.
-- Those under way elsewhere are left for the next time.
UPDATE orders SET address_hash = NULL
 WHERE order_id IN (SELECT order_id FROM orders WHERE address_hash IS NOT NULL AND placed_at <= $1
                     LIMIT 5000 FOR UPDATE SKIP LOCKED)

-- name: lock_order
-- The order to change, by primary key; its lock puts everything that happens to one order in a row.
SELECT order_id, token, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE order_id = $1 FOR UPDATE

-- name: find_order_by_token
-- The visitor's page, by the unique key of token.
SELECT order_id, token, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE token = $1

-- name: lock_due_orders
-- Orders to expire, by the partial index orders_holding; those under way elsewhere are left for the next time.
SELECT order_id, token, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE status = 'placed' AND hold_until <= $1
 ORDER BY hold_until
 LIMIT 100
   FOR UPDATE SKIP LOCKED

-- name: orders_to_undo
-- What an operator would undo, a page at a time by primary key: a look at all orders, once a person asks for it.
SELECT order_id, status, total_vnd, paid_vnd, people
  FROM orders
 WHERE venue_id = $1 AND visit_on <= $2 AND visit_on + greatest(nights, 1) > $2 AND status IN ('placed', 'ticketed')
   AND ($3::timestamptz IS NULL OR placed_at >= $3) AND ($4::timestamptz IS NULL OR placed_at < $4)
   AND ($5::text IS NULL OR channel = $5) AND order_id > $6
 ORDER BY order_id
 LIMIT 1000

-- name: set_order_status
-- The order's next state and version, by primary key, under the order's lock.
UPDATE orders SET status = $2, version = $3 WHERE order_id = $1

-- name: note_payment
-- What payments said, by primary key, under the order's lock; an older word changes nothing.
UPDATE orders
   SET intent_version = $2, reference = $3, qr_payload = $4, bank_name = $5, account_number = $6, account_name = $7,
       paid_vnd = $8, amount_state = $9, timing = $10
 WHERE order_id = $1 AND intent_version < $2
RETURNING order_id
