-- Sessions: a person who came in, in one browser or on one phone, until they sign out or the pass ends by itself.
-- address: where they came in, shortened as it is shown.

CREATE TABLE sessions (
    session_id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES persons,
    device_id uuid REFERENCES devices,
    address text NOT NULL,
    browser text NOT NULL,
    started_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_of_person ON sessions (person_id, expires_at);

-- A line a deed of a person: few, and a migration is one transaction.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX audit_action ON audit (action, id);
