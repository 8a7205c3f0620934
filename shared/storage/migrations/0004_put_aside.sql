-- Dead letters are rows, one for each message that was put aside, and stopped consumers are seen from everywhere.

-- What an event said that was handled: the same identifier with another content is a fault to show, no duplicate.
ALTER TABLE inbox ADD COLUMN content bytea;

-- at: when it was put aside. content: tells apart what lay at one place in two logs, before and after a loss of Kafka.
-- The raw message is kept for 90 days, the line for good. last_digits, amount_vnd: of money, where it tells of any.
CREATE TABLE put_aside (
    topic text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    content bytea NOT NULL,
    at timestamptz NOT NULL,
    ce_id text NOT NULL,
    type text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    last_digits text,
    amount_vnd bigint,
    key bytea,
    headers jsonb,
    payload bytea,
    settled_at timestamptz,
    settled_how text CHECK (settled_how IN ('replayed', 'decided', 'rebuilt')),
    settled_why text,
    PRIMARY KEY (topic, partition, log_offset, content),
    CHECK ((settled_at IS NULL) = (settled_how IS NULL))
);
CREATE INDEX put_aside_at ON put_aside (at);
CREATE INDEX put_aside_open ON put_aside (reason) WHERE settled_at IS NULL;
CREATE INDEX put_aside_ce_id ON put_aside (ce_id);
CREATE INDEX put_aside_raw ON put_aside (at) WHERE payload IS NOT NULL;

-- A consumer that pauses at a message says so here every second, and reads what a person orders meanwhile.
CREATE TABLE stopped_consumers (
    topic text NOT NULL,
    partition integer NOT NULL,
    log_offset bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    since timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ordered text CHECK (ordered IN ('resume', 'pass_over')),
    PRIMARY KEY (topic, partition)
);

-- Until now the outbox carried dead letters to a topic of their own, which is no more.
INSERT INTO put_aside (topic, partition, log_offset, content, at, ce_id, type, reason, detail, key, headers, payload,
                       settled_at, settled_how)
SELECT said.headers ->> 'dlq-topic', (said.headers ->> 'dlq-partition')::integer,
       (said.headers ->> 'dlq-offset')::bigint,
       substring(sha256(convert_to(said.type, 'UTF8') || '\x00'::bytea || said.payload) FOR 16), said.at,
       said.headers ->> 'ce_id', said.type, said.headers ->> 'dlq-reason', '', convert_to(said.key, 'UTF8'),
       said.headers - ARRAY['dlq-reason', 'dlq-topic', 'dlq-partition', 'dlq-offset'], said.payload, replayed.at,
       CASE WHEN replayed.at IS NOT NULL THEN 'replayed' END
  FROM outbox AS said LEFT JOIN inbox AS replayed ON replayed.ce_id = 'replay:' || (said.headers ->> 'ce_id')
 WHERE said.aggregate_type = 'dead_letter'
    ON CONFLICT DO NOTHING;
DELETE FROM outbox WHERE aggregate_type = 'dead_letter';
