-- name: insert_tickets
-- All tickets of orders at once; the unique key (order_id, position) keeps them from being issued twice.
INSERT INTO tickets (ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code,
                     valid_from, days, admits, issued_at)
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, issued_at
  FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::text[], $10::date[], $11::integer[], $12::integer[], $13::timestamptz[])
       AS new (ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from,
               days, admits, issued_at)

-- name: tickets_of_order
-- The visitor's tickets, by the unique key (order_id, position).
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, admitted, status, revoked_reason, issued_at, version
  FROM tickets WHERE order_id = $1 ORDER BY position

-- name: lock_ticket
-- One ticket to admit or revoke, by primary key. Beside lock_tickets, because a list is planned anew at each question.
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, admitted, status, revoked_reason, issued_at, version
  FROM tickets WHERE ticket_id = $1 FOR UPDATE

-- name: lock_tickets
-- Tickets to admit, by primary key; locked in the order of their ids, so that two batches never wait in a ring.
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, admitted, status, revoked_reason, issued_at, version
  FROM tickets WHERE ticket_id = ANY ($1::uuid[]) ORDER BY ticket_id FOR UPDATE

-- name: lock_tickets_of_order
-- An order's tickets to revoke, by the unique key (order_id, position); locked in the order of lock_tickets.
SELECT ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from, days,
       admits, admitted, status, revoked_reason, issued_at, version
  FROM tickets WHERE order_id = $1 ORDER BY ticket_id FOR UPDATE

-- name: revoke_ticket
-- Takes a ticket out of use, by primary key, under the ticket's lock.
UPDATE tickets SET status = $2, revoked_reason = $3, version = $4 WHERE ticket_id = $1
