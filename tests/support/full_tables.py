"""Tables as full as after some years: 100,000 rows in those that grow, hundreds or some thousands in the others."""

PLATFORM = """
INSERT INTO outbox (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at, sent_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'topic', n, 'order', n, 'type', '', '{}', at, at
  FROM generate_series(1, 100000) AS n, LATERAL (SELECT now() - (100000 - n) * interval '6 seconds' AS at) AS said;
INSERT INTO unsent SELECT seq FROM outbox WHERE seq > 99980;
INSERT INTO inbox (ce_id) SELECT n FROM generate_series(1, 100000) AS n;
INSERT INTO idempotency (key, fingerprint, at)
SELECT n, '', now() - n * interval '10 seconds' FROM generate_series(1, 100000) AS n;
INSERT INTO changes (topic, key, at)
SELECT 'order', n::text, now() - (100000 - n) * interval '1 second' FROM generate_series(1, 100000) AS n;
INSERT INTO revocations (subject_id) SELECT gen_random_uuid() FROM generate_series(1, 500);
INSERT INTO put_aside (topic, partition, log_offset, content, at, ce_id, type, reason, detail, settled_at, settled_how)
SELECT 'topic', n % 12, n, '', now() - n * interval '1 hour', n, 'type', 'reason', '',
       CASE WHEN n > 20 THEN now() END, CASE WHEN n > 20 THEN 'decided' END
  FROM generate_series(1, 100000) AS n;
"""

TICKETING = """
INSERT INTO venues SELECT 'venue-' || n, n, '', '', 'scenic_site', '026', '00715', true, 1
  FROM generate_series(1, 300) AS n;
INSERT INTO products SELECT 'product-' || n, n, 'venue-' || n, 'entry', '', '', '{}', 1, 'one_day', 100
  FROM generate_series(1, 300) AS n;
INSERT INTO days (product_id, day, capacity, held)
SELECT 'product-' || n, date '2026-01-01' + day, 100, 1
  FROM generate_series(1, 300) AS n, generate_series(1, 335) AS day;
INSERT INTO orders (order_id, token, venue_id, product_id, status, lines, total_vnd, visit_on, nights, people,
                    ticket_mode, channel, business_date, expires_at, hold_until, placed_at, trace_id, version)
SELECT lpad(to_hex(n), 32, '0')::uuid, encode(sha256(n::text::bytea), 'hex'), 'venue-' || n % 300 + 1,
       'product-' || n % 300 + 1,
       CASE WHEN n > 500 THEN 'ticketed' ELSE 'placed' END, '[]', 1000, date '2026-01-01' + n % 335, 0, 1,
       'per_person', 'web', date '2026-01-01' + n % 335, now(), now() - n * interval '1 minute', now(), '', 1
  FROM generate_series(1, 100000) AS n;
INSERT INTO tickets (ticket_id, order_id, position, venue_id, product_id, category, price_kind, code, short_code,
                     valid_from, days, admits, status, issued_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 0, 'venue-' || n % 300 + 1,
       'product-' || n % 300 + 1, 'adult', 'state_fee', '', n, date '2026-01-01' + n % 335, 1, 1,
       CASE WHEN n % 100 = 0 THEN 'revoked' ELSE 'valid' END, now() - n * interval '1 minute'
  FROM generate_series(1, 100000) AS n;
INSERT INTO admissions (scan_id, venue_id, device_id, ticket_id, count, verdict, against, offline, occurred_at,
                        recorded_at, changed_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'venue-' || n % 300 + 1, lpad(to_hex(n % 3000), 32, '0')::uuid,
       lpad(to_hex(n), 32, '0')::uuid, 1, CASE WHEN n % 100 = 0 THEN 'conflict' ELSE 'admitted' END,
       lpad(to_hex(n - 1), 32, '0')::uuid, false, now(), now(), now() - n * interval '1 minute'
  FROM generate_series(1, 100000) AS n;
INSERT INTO persons (person_id, login, display_name, role, venues, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'login-' || n, '', 'gate', ARRAY['venue-' || n % 300 + 1], now()
  FROM generate_series(1, 3000) AS n;
INSERT INTO devices (device_id, kind, venues, name, paired_at, paired_by)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'gate', ARRAY['venue-' || n % 300 + 1], '', now(),
       lpad(to_hex(n), 32, '0')::uuid
  FROM generate_series(1, 3000) AS n;
INSERT INTO attempts SELECT n::text, now() - n * interval '1 minute', 1 FROM generate_series(1, 100000) AS n;
"""

PAYMENTS = """
INSERT INTO venues SELECT 'venue-' || n, '', '', 'scenic_site', '026', '00715', 1 FROM generate_series(1, 3000) AS n;
INSERT INTO merchants SELECT 'merchant-' || n, 'venue-' || n, '', '970418', n::text, '', true, 1
  FROM generate_series(1, 3000) AS n;
INSERT INTO intents (intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
                     amount_state, timing, amount_vnd, paid_vnd, lines, channel, business_date, expires_at, reference,
                     qr_payload, bank_bin, account_number, account_name, trace_id, opened_at, version, source)
SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid, 'merchant-' || n % 3000 + 1,
       'venue-' || n % 3000 + 1, '026', '00715', 'settled', 'exact', 'on_time', 1000, 1000, '[]', 'web',
       date '2026-01-01' + n % 335, now(), 'HG' || n, '', '970418', '', '', '', now(), 1,
       'order'
  FROM generate_series(1, 100000) AS n;
INSERT INTO transfers (transfer_id, merchant_id, account_number, bank_reference, provider, provider_id, amount_vnd,
                       occurred_at, recorded_at, bank_code, memo)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'merchant-1', n::text, n::text, 'bank', n::text, 1000, now(), now(), '', ''
  FROM generate_series(1, 100000) AS n;
INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'transfer_allocated', 'bank:' || n,
       'allocated:' || lpad(to_hex(n), 32, '0')::uuid, 1000, now() - n * interval '1 minute'
  FROM generate_series(1, 100000) AS n;
INSERT INTO suspended_money (transfer_id, reason, merchant_id, amount_vnd, at, version)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'surplus', 'merchant-1', 1000, now(), 1 FROM generate_series(1, 100000) AS n;
INSERT INTO cash (cash_id, merchant_id, venue_id, status, amount_vnd, business_date, occurred_at, recorded_at, offline,
                  person_id, version)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'merchant-1', 'venue-' || n % 3000 + 1, 'recorded', 1000,
       date '2026-01-01' + n % 335, now(), now(), false, lpad(to_hex(n), 32, '0')::uuid, 1
  FROM generate_series(1, 100000) AS n;
"""

ANALYTICS = """
INSERT INTO offsets (topic, partition)
SELECT topic, n FROM unnest(ARRAY['a', 'b']) AS topic, generate_series(1, 12) AS n;
INSERT INTO venues (venue_id) SELECT 'venue-' || n FROM generate_series(1, 900) AS n;
INSERT INTO payments
SELECT lpad(to_hex(n), 32, '0')::uuid, 1, 'settled', 1000, 'cash', 'venue-' || n % 900 + 1, '026', '00715',
       date '2026-01-01' + n % 335, now() - n * interval '1 minute', 'web', n % 12
  FROM generate_series(1, 100000) AS n;
INSERT INTO entries
SELECT lpad(to_hex(n), 32, '0')::uuid, 1, 'admitted', 1, 'venue-' || n % 900 + 1, 'state_fee',
       date '2026-01-01' + n % 335, now() - n * interval '1 minute', false, n % 12
  FROM generate_series(1, 100000) AS n;
INSERT INTO refunds
SELECT lpad(to_hex(n), 32, '0')::uuid, 1, 1000, 'venue-' || n % 900 + 1, now() - n * interval '1 minute'
  FROM generate_series(1, 100000) AS n;
INSERT INTO minute_taken SELECT now() - n * interval '1 minute', '026', '00715', 'scenic_site', 'cash', n % 12, 1, 1000
  FROM generate_series(1, 100000) AS n;
INSERT INTO hour_taken SELECT now() - n * interval '1 hour', 'venue-' || n % 900 + 1, 'cash', n % 12, 1, 1000
  FROM generate_series(1, 100000) AS n;
INSERT INTO day_taken SELECT date '2026-01-01' + n % 335, 'venue-' || n % 900 + 1, 'cash', n, 1, 1000
  FROM generate_series(1, 100000) AS n;
INSERT INTO day_entered SELECT date '2026-01-01' + n % 335, 'venue-' || n % 900 + 1, n, 1, 1
  FROM generate_series(1, 100000) AS n;
"""

# The platform's tables stand in every service's database; they are filled and asked once.
ALL = {"platform": PLATFORM, "ticketing": TICKETING, "payments": PAYMENTS, "analytics": ANALYTICS}
