-- Every scan that a gate phone told of, also the refused ones, with the first answer that was given to it.

-- ticket_id has no foreign key: a scan of a ticket that is not here must not be lost either.
CREATE TABLE admissions (
    scan_id uuid PRIMARY KEY,
    venue_id text NOT NULL,
    device_id uuid NOT NULL,
    person_id uuid,
    ticket_id uuid,
    count integer NOT NULL CHECK (count BETWEEN 1 AND 255),
    verdict text NOT NULL CHECK (verdict IN ('admitted', 'duplicate', 'conflict', 'refused', 'unknown', 'quarantined')),
    reason text,
    against uuid,
    phone_verdict text,
    offline boolean NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    undone_at timestamptz
);
CREATE INDEX admissions_of_venue ON admissions (venue_id, changed_at);
CREATE INDEX admissions_of_ticket ON admissions (ticket_id) WHERE verdict IN ('admitted', 'conflict');
