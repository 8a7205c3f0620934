-- What is made from the log, and can be made again from offset 0: `rebuild` copies these tables with LIKE, so they
-- have no foreign keys, no identity columns and no triggers. Named in services/analytics/rebuild.py.

CREATE TABLE kafka_cluster (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    cluster_id text NOT NULL
);

CREATE TABLE offsets (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    newest_at timestamptz,
    PRIMARY KEY (topic, partition)
);

-- Version 0 is a venue that was paid before we heard of it; its kind is 'unknown' until then.
CREATE TABLE venues (
    venue_id text PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    name_vi text NOT NULL DEFAULT '',
    name_en text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT 'unknown',
    old_district_code text NOT NULL DEFAULT '',
    new_commune_code text NOT NULL DEFAULT '',
    on_sale boolean NOT NULL DEFAULT false
);

-- An intent or a cash sale in its newest version. Taken are those settled or recorded, gross of refunds.
CREATE TABLE payments (
    payment_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    status text NOT NULL,
    amount_vnd bigint NOT NULL CHECK (amount_vnd >= 0),
    tender text NOT NULL,
    venue_id text NOT NULL,
    old_district_code text NOT NULL,
    new_commune_code text NOT NULL,
    business_date date NOT NULL,
    occurred_at timestamptz NOT NULL,
    channel text NOT NULL,
    partition integer NOT NULL
);
CREATE INDEX payments_venue ON payments (venue_id);

-- One row an event, because it says what went back in all so far: a day's refunds are differences.
CREATE TABLE refunds (
    payment_id uuid NOT NULL,
    version bigint NOT NULL,
    refunded_vnd bigint NOT NULL CHECK (refunded_vnd >= 0),
    venue_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    PRIMARY KEY (payment_id, version)
);

CREATE TABLE entries (
    scan_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    status text NOT NULL,
    people bigint NOT NULL CHECK (people >= 0),
    venue_id text NOT NULL,
    price_kind text NOT NULL,
    business_date date NOT NULL,
    occurred_at timestamptz NOT NULL,
    offline boolean NOT NULL,
    partition integer NOT NULL
);

-- Partition is in every rollup's key: no two workers write one row.
CREATE TABLE minute_taken (
    minute timestamptz NOT NULL,
    old_district_code text NOT NULL,
    new_commune_code text NOT NULL,
    kind text NOT NULL,
    tender text NOT NULL,
    partition integer NOT NULL,
    payments bigint NOT NULL CHECK (payments > 0),
    amount_vnd bigint NOT NULL CHECK (amount_vnd >= 0),
    revised_at timestamptz,
    PRIMARY KEY (minute, old_district_code, new_commune_code, kind, tender, partition)
);

CREATE TABLE hour_taken (
    hour timestamptz NOT NULL,
    venue_id text NOT NULL,
    tender text NOT NULL,
    partition integer NOT NULL,
    payments bigint NOT NULL CHECK (payments > 0),
    amount_vnd bigint NOT NULL CHECK (amount_vnd >= 0),
    revised_at timestamptz,
    PRIMARY KEY (hour, venue_id, tender, partition)
);

CREATE TABLE day_taken (
    day date NOT NULL,
    venue_id text NOT NULL,
    tender text NOT NULL,
    partition integer NOT NULL,
    payments bigint NOT NULL CHECK (payments > 0),
    amount_vnd bigint NOT NULL CHECK (amount_vnd >= 0),
    revised_at timestamptz,
    PRIMARY KEY (day, venue_id, tender, partition)
);

CREATE TABLE day_entered (
    day date NOT NULL,
    venue_id text NOT NULL,
    partition integer NOT NULL,
    scans bigint NOT NULL CHECK (scans > 0),
    people bigint NOT NULL CHECK (people >= 0),
    revised_at timestamptz,
    PRIMARY KEY (day, venue_id, partition)
);

CREATE TABLE dead_letters (
    topic text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    at timestamptz NOT NULL,
    type text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    ce_id text NOT NULL,
    key bytea,
    payload bytea,
    PRIMARY KEY (topic, partition, log_offset)
);

-- Not from the log: when a worker last stood at the end of it, so that a quiet night is told from a dead worker.
CREATE TABLE worker_seen (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    at timestamptz NOT NULL,
    events_behind bigint NOT NULL
);
