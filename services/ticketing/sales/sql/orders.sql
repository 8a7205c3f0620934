-- name: insert_orders
-- New orders. A second request for the same id waits on the primary key and inserts nothing; neither does one that was
-- answered before orders knew of requests, by idempotency's primary key. Neither does one from an address that has
-- enough open ones, by the index orders_of_address: orders from there took turns, so that each counts those before it.
WITH new AS (
    SELECT order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people, ticket_mode,
           channel, business_date, expires_at, hold_until, placed_at, trace_id, address_hash, proof, sealed_link, place
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::date[],
                  $9::integer[], $10::integer[], $11::text[], $12::text[], $13::date[], $14::timestamptz[],
                  $15::timestamptz[], $16::timestamptz[], $17::text[], $18::bytea[], $19::bytea[], $20::text[],
                  $21::text[], $22::bytea[])
           WITH ORDINALITY
           AS rows (order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people,
                    ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, address_hash,
                    proof, key_stored, key_value, sealed_link, place)
     WHERE NOT EXISTS (SELECT FROM orders WHERE orders.order_id = rows.order_id)
       AND NOT EXISTS (SELECT FROM idempotency WHERE key IN (rows.key_stored, rows.key_value))
), there AS (
    SELECT address_hash, count(*) FILTER (WHERE status = 'placed') AS open,
           count(*) FILTER (WHERE total_vnd > 0 AND status = 'ticketed' AND EXISTS (
               SELECT FROM tickets
                WHERE tickets.order_id = orders.order_id AND position = 0 AND issued_at > $26::timestamptz
           )) AS paid
      FROM orders
     WHERE address_hash = ANY ($18::bytea[]) AND placed_at > $25::timestamptz
     GROUP BY address_hash
), counted AS (
    SELECT order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people, ticket_mode,
           channel, business_date, expires_at, hold_until, placed_at, trace_id, new.address_hash, proof, sealed_link,
           coalesce(open, 0) + count(*) FILTER (WHERE total_vnd > 0) OVER (
               PARTITION BY new.address_hash ORDER BY place) AS open_with_it, coalesce(paid, 0) AS paid
      FROM new LEFT JOIN there ON there.address_hash = new.address_hash
)
INSERT INTO orders (order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people,
                    ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, address_hash,
                    proof, sealed_link, version)
SELECT order_id, token, venue_id, product_id, status, lines::jsonb, total_vnd, visit_on, nights, people, ticket_mode,
       channel, business_date, expires_at, hold_until, placed_at, trace_id, address_hash, proof, sealed_link, 1
  FROM counted
 WHERE total_vnd = 0 OR address_hash IS NULL OR open_with_it <= $23::integer + $24::integer * paid
 ORDER BY order_id
ON CONFLICT (order_id) DO NOTHING
RETURNING order_id

-- name: placed_before
-- What whoever asks again is told, by primary key.
SELECT order_id, token, sealed_link, total_vnd, expires_at, proof FROM orders WHERE order_id = ANY ($1::uuid[])

-- name: forget_addresses
-- Cleaning, some thousands at a time: where old orders came from, by the index orders_of_address, which so stays small.
-- Those under way elsewhere are left for the next time.
UPDATE orders SET address_hash = NULL
 WHERE order_id IN (SELECT order_id FROM orders WHERE address_hash IS NOT NULL AND placed_at <= $1
                     LIMIT 5000 FOR UPDATE SKIP LOCKED)

-- name: hash_links
-- Cleaning, some thousands at a time: links that the release before kept in clear, by the index orders_links_in_clear.
UPDATE orders SET token = encode(sha256(convert_to(token, 'UTF8')), 'hex')
 WHERE order_id = ANY (ARRAY(SELECT order_id FROM orders WHERE length(token) < 64 AND placed_at <= $1
                              ORDER BY placed_at LIMIT 5000 FOR UPDATE SKIP LOCKED))

-- name: lock_order
-- The order to change, by primary key; its lock puts everything that happens to one order in a row.
SELECT order_id, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE order_id = $1 FOR UPDATE

-- name: lock_orders
-- Orders to change, by primary key, in the order of their ids, so that two batches never wait for each other in a ring.
SELECT order_id, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id FOR UPDATE

-- name: find_order_by_token
-- The visitor's page, by the unique key of token: by the link's hash, or as the release before kept it.
SELECT order_id, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE token = ANY ($1::text[])

-- name: lock_due_orders
-- Orders to expire, by the partial index orders_holding; those under way elsewhere are left for the next time.
SELECT order_id, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
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

-- name: write_orders
-- How locked orders stand now, by primary key.
UPDATE orders
   SET status = new.status, version = new.version, intent_version = new.intent_version, reference = new.reference,
       qr_payload = new.qr_payload, bank_name = new.bank_name, account_number = new.account_number,
       account_name = new.account_name, paid_vnd = new.paid_vnd, amount_state = new.amount_state, timing = new.timing
  FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::bigint[], $11::text[], $12::text[])
       AS new (order_id, status, version, intent_version, reference, qr_payload, bank_name, account_number,
               account_name, paid_vnd, amount_state, timing)
 WHERE orders.order_id = new.order_id
