-- MERGE rather than ON CONFLICT: a signed delta would break the CHECKs as a proposed row, and a cell that comes to
-- nothing must go, or a rebuilt table would differ. Rows come sorted by key, so that locks are taken in one order.

-- name: merge_minutes
-- What a batch changes by minute and kind, by primary key, in its order.
MERGE INTO minute_taken AS cell
USING (SELECT minute, old_district_code, new_commune_code, kind, tender, partition, payments, amount_vnd, revised_at
         FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::bigint[],
                     $8::bigint[], $9::timestamptz[])
              AS delta (minute, old_district_code, new_commune_code, kind, tender, partition, payments, amount_vnd,
                        revised_at)) AS delta
   ON cell.minute = delta.minute AND cell.old_district_code = delta.old_district_code
      AND cell.new_commune_code = delta.new_commune_code AND cell.kind = delta.kind
      AND cell.tender = delta.tender AND cell.partition = delta.partition
 WHEN MATCHED AND cell.payments + delta.payments = 0 AND cell.amount_vnd + delta.amount_vnd = 0 THEN DELETE
 WHEN MATCHED THEN UPDATE
  SET payments = cell.payments + delta.payments, amount_vnd = cell.amount_vnd + delta.amount_vnd,
      revised_at = greatest(delta.revised_at, cell.revised_at)
 WHEN NOT MATCHED THEN
INSERT (minute, old_district_code, new_commune_code, kind, tender, partition, payments, amount_vnd, revised_at)
VALUES (delta.minute, delta.old_district_code, delta.new_commune_code, delta.kind, delta.tender, delta.partition,
        delta.payments, delta.amount_vnd, delta.revised_at)

-- name: merge_hours
-- What a batch changes by hour and venue, by primary key, in its order.
MERGE INTO hour_taken AS cell
USING (SELECT hour, venue_id, tender, partition, payments, amount_vnd, revised_at
         FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[],
                     $7::timestamptz[])
              AS delta (hour, venue_id, tender, partition, payments, amount_vnd, revised_at)) AS delta
   ON cell.hour = delta.hour AND cell.venue_id = delta.venue_id AND cell.tender = delta.tender
      AND cell.partition = delta.partition
 WHEN MATCHED AND cell.payments + delta.payments = 0 AND cell.amount_vnd + delta.amount_vnd = 0 THEN DELETE
 WHEN MATCHED THEN UPDATE
  SET payments = cell.payments + delta.payments, amount_vnd = cell.amount_vnd + delta.amount_vnd,
      revised_at = greatest(delta.revised_at, cell.revised_at)
 WHEN NOT MATCHED THEN
INSERT (hour, venue_id, tender, partition, payments, amount_vnd, revised_at)
VALUES (delta.hour, delta.venue_id, delta.tender, delta.partition, delta.payments, delta.amount_vnd, delta.revised_at)

-- name: merge_days
-- What a batch changes by day of business and venue, by primary key, in its order.
MERGE INTO day_taken AS cell
USING (SELECT day, venue_id, tender, partition, payments, amount_vnd, revised_at
         FROM unnest($1::date[], $2::text[], $3::text[], $4::integer[], $5::bigint[], $6::bigint[], $7::timestamptz[])
              AS delta (day, venue_id, tender, partition, payments, amount_vnd, revised_at)) AS delta
   ON cell.day = delta.day AND cell.venue_id = delta.venue_id AND cell.tender = delta.tender
      AND cell.partition = delta.partition
 WHEN MATCHED AND cell.payments + delta.payments = 0 AND cell.amount_vnd + delta.amount_vnd = 0 THEN DELETE
 WHEN MATCHED THEN UPDATE
  SET payments = cell.payments + delta.payments, amount_vnd = cell.amount_vnd + delta.amount_vnd,
      revised_at = greatest(delta.revised_at, cell.revised_at)
 WHEN NOT MATCHED THEN
INSERT (day, venue_id, tender, partition, payments, amount_vnd, revised_at)
VALUES (delta.day, delta.venue_id, delta.tender, delta.partition, delta.payments, delta.amount_vnd, delta.revised_at)

-- name: merge_entry_days
-- Whom a batch lets in by day of business and venue, by primary key, in its order.
MERGE INTO day_entered AS cell
USING (SELECT day, venue_id, partition, scans, people, revised_at
         FROM unnest($1::date[], $2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::timestamptz[])
              AS delta (day, venue_id, partition, scans, people, revised_at)) AS delta
   ON cell.day = delta.day AND cell.venue_id = delta.venue_id AND cell.partition = delta.partition
 WHEN MATCHED AND cell.scans + delta.scans = 0 AND cell.people + delta.people = 0 THEN DELETE
 WHEN MATCHED THEN UPDATE
  SET scans = cell.scans + delta.scans, people = cell.people + delta.people,
      revised_at = greatest(delta.revised_at, cell.revised_at)
 WHEN NOT MATCHED THEN
INSERT (day, venue_id, partition, scans, people, revised_at)
VALUES (delta.day, delta.venue_id, delta.partition, delta.scans, delta.people, delta.revised_at)
