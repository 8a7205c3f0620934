-- name: count_untouched
-- Counts whole tickets that are still as they were issued, by primary key: whoever changed one first is waited for, and
-- then it is left out; they are locked in the order of lock_tickets. Notes the scans with it; one whose id is known
-- (primary key) counts nobody.
WITH wanted AS (
    SELECT scan_id, venue_id, device_id, person_id, ticket_id, count, verdict, reason, against, phone_verdict, offline,
           occurred_at, recorded_at
      FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::integer[], $7::text[], $8::text[],
                  $9::uuid[], $10::text[], $11::boolean[], $12::timestamptz[], $13::timestamptz[])
           AS scans (scan_id, venue_id, device_id, person_id, ticket_id, count, verdict, reason, against, phone_verdict,
                     offline, occurred_at, recorded_at)
     WHERE NOT EXISTS (SELECT FROM admissions WHERE admissions.scan_id = scans.scan_id)
), untouched AS (
    SELECT ticket_id FROM tickets WHERE ticket_id = ANY ($5::uuid[]) AND version = 1 ORDER BY ticket_id FOR UPDATE
), counted AS (
    UPDATE tickets SET admitted = admits, version = 2
      FROM untouched JOIN wanted USING (ticket_id)
     WHERE tickets.ticket_id = untouched.ticket_id AND tickets.version = 1
    RETURNING wanted.scan_id, tickets.ticket_id, order_id, position, tickets.venue_id, product_id, category, price_kind,
              code, short_code, valid_from, days, admits, admitted, status, revoked_reason, issued_at, tickets.version
), noted AS (
    INSERT INTO admissions (scan_id, venue_id, device_id, person_id, ticket_id, count, verdict, reason, against,
                            phone_verdict, offline, occurred_at, recorded_at, changed_at)
    SELECT scan_id, wanted.venue_id, device_id, person_id, wanted.ticket_id, count, verdict, reason, against,
           phone_verdict, offline, occurred_at, recorded_at, recorded_at
      FROM wanted JOIN counted USING (scan_id)
)
SELECT scan_id, ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code, valid_from,
       days, admits, admitted, status, revoked_reason, issued_at, version
  FROM counted

-- name: count_scan
-- Notes a scan that changes its ticket, under the ticket's lock. A scan whose id is known (primary key) counts nobody.
WITH noted AS (
    INSERT INTO admissions (scan_id, venue_id, device_id, person_id, ticket_id, count, verdict, reason, against,
                            phone_verdict, offline, occurred_at, recorded_at, changed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
    ON CONFLICT (scan_id) DO NOTHING
    RETURNING scan_id
), counted AS (
    UPDATE tickets SET admitted = $14, version = $15 FROM noted WHERE ticket_id = $5
)
SELECT scan_id FROM noted

-- name: note_scan
-- Notes a scan that changes no ticket; one whose id is known (primary key) is not noted again.
INSERT INTO admissions (scan_id, venue_id, device_id, person_id, ticket_id, count, verdict, reason, against,
                        phone_verdict, offline, occurred_at, recorded_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
ON CONFLICT (scan_id) DO NOTHING
RETURNING scan_id

-- name: count_quarantined
-- How many scans a revoked phone has sent, by the partial index admissions_quarantined.
SELECT count(*) FROM admissions WHERE device_id = $1 AND verdict = 'quarantined'

-- name: find_ticket_by_short_code
-- The ticket of a typed short code, by its unique key.
SELECT ticket_id FROM tickets WHERE short_code = $1

-- name: first_use_of_ticket
-- What a refused scan came too late for, by the partial index admissions_of_ticket; earliest as the gate rule says it.
SELECT scan_id, count, occurred_at, device_id, coalesce(name, '') AS gate
  FROM admissions LEFT JOIN devices USING (device_id)
 WHERE ticket_id = $1 AND verdict = 'admitted' AND undone_at IS NULL AND scan_id <> $2
 ORDER BY date_trunc('milliseconds', occurred_at), scan_id LIMIT 1

-- name: find_answer
-- The stored answer to a scan that is sent again, all by primary keys. Another venue's use is not told.
SELECT a.scan_id, a.device_id, a.verdict, a.reason, a.against, first.occurred_at AS first_at,
       first.device_id AS first_device_id, coalesce(devices.name, '') AS first_gate
  FROM admissions AS a
  LEFT JOIN admissions AS first ON first.scan_id = a.against AND first.venue_id = a.venue_id
  LEFT JOIN devices ON devices.device_id = first.device_id
 WHERE a.scan_id = $1

-- name: lock_admission
-- The scan to take back, by primary key; its lock lets one undo at a time through.
SELECT scan_id, device_id, ticket_id, count, verdict, offline, occurred_at, recorded_at, undone_at
  FROM admissions WHERE scan_id = $1 FOR UPDATE

-- name: undo_admission
-- Takes back a locked scan, by primary keys; its ticket is locked by the change.
WITH undone AS (
    UPDATE admissions SET undone_at = $2, changed_at = $3 WHERE scan_id = $1
    RETURNING ticket_id, count, verdict
)
UPDATE tickets SET admitted = admitted - CASE undone.verdict WHEN 'admitted' THEN undone.count ELSE 0 END,
                   version = version + 1
  FROM undone
 WHERE tickets.ticket_id = undone.ticket_id
RETURNING tickets.ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code,
          valid_from, days, admits, admitted, status, revoked_reason, issued_at, version

-- name: uses_of_shown_tickets
-- A new phone's page of uses, by tickets_still_shown and then admissions_of_ticket.
-- With ties, as in the next ones: scans of one batch have one instant, and whoever asks on begins behind it.
SELECT scan_id, ticket_id, count, occurred_at, device_id, coalesce(name, '') AS gate, undone_at IS NOT NULL AS undone,
       changed_at
  FROM tickets JOIN admissions AS a USING (ticket_id) LEFT JOIN devices USING (device_id)
 WHERE tickets.venue_id = $1 AND valid_from + days > $2::date
   AND a.venue_id = $1 AND verdict IN ('admitted', 'conflict') AND changed_at > $3
 ORDER BY changed_at FETCH FIRST ($4) ROWS WITH TIES

-- name: uses_changed_after
-- A page of what is new at the venue, by admissions_of_venue.
SELECT scan_id, ticket_id, count, occurred_at, device_id, coalesce(name, '') AS gate, undone_at IS NOT NULL AS undone,
       changed_at
  FROM admissions LEFT JOIN devices USING (device_id)
 WHERE venue_id = $1 AND changed_at > $2 AND verdict IN ('admitted', 'conflict')
 ORDER BY changed_at FETCH FIRST ($3) ROWS WITH TIES

-- name: conflicts_of_venues
-- Whom gates let in on used tickets, by admissions_of_venue and then primary keys.
SELECT a.scan_id, a.venue_id, a.ticket_id, a.count, a.reason, a.occurred_at, a.device_id,
       coalesce(here.name, '') AS gate, here.paired_at,
       first.occurred_at AS first_at, first.device_id AS first_device_id, coalesce(there.name, '') AS first_gate,
       there.paired_at AS first_paired_at, tickets.short_code, tickets.product_id
  FROM admissions AS a
  LEFT JOIN tickets ON tickets.ticket_id = a.ticket_id
  LEFT JOIN devices AS here ON here.device_id = a.device_id
  LEFT JOIN admissions AS first ON first.scan_id = a.against AND first.venue_id = a.venue_id
  LEFT JOIN devices AS there ON there.device_id = first.device_id
 WHERE a.venue_id = ANY ($1) AND a.changed_at > $2 AND a.verdict = 'conflict' AND a.undone_at IS NULL
 ORDER BY a.changed_at DESC LIMIT 100

-- name: watched_scans
-- Scans that were undone, or ($3) those of revoked phones, for a manager; by admissions_of_venue and then primary keys,
-- which the LIMIT of each join holds it to.
SELECT a.scan_id, a.venue_id, a.count, a.offline, a.occurred_at, a.recorded_at, a.undone_at,
       coalesce(here.name, '') AS gate, here.paired_at, coalesce(who.display_name, '') AS person,
       what.short_code, what.product_id
  FROM admissions AS a
  LEFT JOIN LATERAL (SELECT short_code, product_id FROM tickets WHERE ticket_id = a.ticket_id LIMIT 1) AS what ON true
  LEFT JOIN LATERAL (SELECT name, paired_at FROM devices WHERE device_id = a.device_id LIMIT 1) AS here ON true
  LEFT JOIN LATERAL (SELECT display_name FROM persons WHERE person_id = a.person_id LIMIT 1) AS who ON true
 WHERE a.venue_id = ANY ($1) AND a.changed_at > $2
   AND (a.verdict = 'quarantined') = $3 AND (a.undone_at IS NOT NULL OR $3)
 ORDER BY a.changed_at DESC, a.occurred_at DESC LIMIT 500

-- name: tickets_around
-- A page of the next days' tickets, by tickets_issued. The hash is codes/short_code.py's.
SELECT ticket_id, encode(substring(sha256(convert_to(concat_ws('.', venues.number, to_char(valid_from, 'YYYY-MM-DD'),
       short_code), 'UTF8')) FOR 3), 'hex') AS short_code_hash,
       venues.number AS venue_number, products.number AS product_number, valid_from AS first_day, days, tickets.admits,
       issued_at
  FROM tickets JOIN venues USING (venue_id) JOIN products USING (product_id)
 WHERE tickets.venue_id = $1 AND valid_from + days > $2::date AND valid_from <= $2::date + 2 AND issued_at > $3
 ORDER BY issued_at FETCH FIRST ($4) ROWS WITH TIES

-- name: find_typed_ticket
-- A venue's ticket of a typed short code, by its unique key.
SELECT ticket_id, venues.number AS venue_number, products.number AS product_number, valid_from AS first_day, days,
       tickets.admits
  FROM tickets JOIN venues USING (venue_id) JOIN products USING (product_id)
 WHERE short_code = $1 AND tickets.venue_id = $2

-- name: revoked_tickets
-- A page of revocations, by the partial index tickets_revoked.
SELECT ticket_id FROM tickets
 WHERE venue_id = $1 AND valid_from + days > $2::date AND status = 'revoked' AND ticket_id > $3
 ORDER BY ticket_id LIMIT $4
