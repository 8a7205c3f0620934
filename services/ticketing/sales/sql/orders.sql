-- name: make_days
INSERT INTO days (product_id, day, capacity)
SELECT $1, day, $3 FROM unnest($2::date[]) AS wanted (day)
ON CONFLICT DO NOTHING

-- name: take_places
WITH wanted AS (
    SELECT product_id, day FROM days WHERE product_id = $1 AND day = ANY ($2::date[]) ORDER BY day FOR UPDATE
)
UPDATE days SET held = held + $3
  FROM wanted
 WHERE days.product_id = wanted.product_id AND days.day = wanted.day AND held + sold + $3 <= capacity
RETURNING days.day

-- name: release_places
UPDATE days SET held = held - $3 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: sell_places
UPDATE days SET held = held - $3, sold = sold + $3 WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: places_left
SELECT day, capacity - held - sold AS places_left FROM days WHERE product_id = $1 AND day = ANY ($2::date[])

-- name: insert_order
INSERT INTO orders (order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people,
                    ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 1)
ON CONFLICT (order_id) DO NOTHING
RETURNING true

-- name: lock_order
SELECT order_id, token, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE order_id = $1 FOR UPDATE

-- name: find_order_by_token
SELECT order_id, token, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE token = $1

-- name: lock_due_orders
SELECT order_id, token, venue_id, product_id, status, lines::text AS lines, total_vnd, visit_on, nights, people,
       ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version, intent_version,
       reference, qr_payload, bank_name, account_number, account_name, paid_vnd, amount_state, timing
  FROM orders WHERE status = 'placed' AND hold_until <= $1
 ORDER BY hold_until
 LIMIT 100
   FOR UPDATE SKIP LOCKED

-- name: set_order_status
UPDATE orders SET status = $2, version = version + 1 WHERE order_id = $1 RETURNING version

-- name: note_payment
UPDATE orders
   SET intent_version = $2, reference = $3, qr_payload = $4, bank_name = $5, account_number = $6, account_name = $7,
       paid_vnd = $8, amount_state = $9, timing = $10
 WHERE order_id = $1 AND intent_version < $2
RETURNING order_id

-- name: insert_tickets
INSERT INTO tickets (ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code,
                     valid_from, days, admits, issued_at)
SELECT ticket_id, $2, position, $3, $4, category, price_kind, code, short_code, $5, days, admits, $6
  FROM unnest($1::uuid[], $7::integer[], $8::text[], $9::text[], $10::text[], $11::text[], $12::integer[],
              $13::integer[]) AS new (ticket_id, position, category, price_kind, code, short_code, days, admits)

-- name: tickets_of_order
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, admitted, status, revoked_reason, issued_at, version
  FROM tickets WHERE order_id = $1 ORDER BY position

-- name: lock_ticket
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, admitted, status, revoked_reason, issued_at, version
  FROM tickets WHERE ticket_id = $1 FOR UPDATE

-- name: revoke_ticket
UPDATE tickets SET status = 'revoked', revoked_reason = $2, version = version + 1
 WHERE ticket_id = $1 AND status = 'valid'
RETURNING ticket_id
