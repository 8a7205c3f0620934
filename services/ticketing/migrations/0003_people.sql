-- People with their PINs and passwords, phones, pairing codes, invitations, and the limits on guessing.

CREATE TABLE persons (
    person_id uuid PRIMARY KEY,
    login text NOT NULL UNIQUE CHECK (login = lower(login)),
    display_name text NOT NULL,
    role text NOT NULL CHECK (role IN ('gate', 'manager', 'owner', 'province', 'operator')),
    venues text[] NOT NULL,
    scope text NOT NULL DEFAULT '',
    pin_salt bytea,
    pin_hash bytea,
    password_hash text,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CHECK ((pin_salt IS NULL) = (pin_hash IS NULL))
);
CREATE INDEX persons_venues ON persons USING gin (venues);

CREATE TABLE devices (
    device_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('gate', 'owner')),
    venues text[] NOT NULL,
    name text NOT NULL,
    paired_at timestamptz NOT NULL,
    paired_by uuid NOT NULL REFERENCES persons,
    revoked_at timestamptz,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX devices_venues ON devices USING gin (venues);

-- Only the hash of a code stands here; used_at makes it good for one phone.
CREATE TABLE pairing_codes (
    code_hash bytea PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('gate', 'owner')),
    venues text[] NOT NULL,
    made_by uuid NOT NULL REFERENCES persons,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE invitations (
    token_hash bytea PRIMARY KEY,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

-- subject says what is being guessed at: a person, a phone, a pairing code.
CREATE TABLE attempts (
    subject text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    tries integer NOT NULL CHECK (tries > 0)
);
