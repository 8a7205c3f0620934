-- Merchants, intents, transfers, suspense, cash and the ledger.

CREATE TABLE venues (
    venue_id text PRIMARY KEY,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    kind text NOT NULL,
    old_district_code text NOT NULL,
    new_commune_code text NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE merchants (
    merchant_id text PRIMARY KEY,
    venue_id text NOT NULL UNIQUE,
    name text NOT NULL,
    bank_bin text NOT NULL,
    account_number text NOT NULL UNIQUE,
    account_name text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    version bigint NOT NULL
);

CREATE TABLE intents (
    intent_id uuid PRIMARY KEY,
    order_id uuid NOT NULL UNIQUE,
    merchant_id text NOT NULL REFERENCES merchants,
    venue_id text NOT NULL,
    old_district_code text NOT NULL,
    new_commune_code text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'partial', 'settled', 'expired', 'cancelled')),
    amount_state text NOT NULL CHECK (amount_state IN ('none', 'partial', 'exact', 'over')),
    timing text NOT NULL CHECK (timing IN ('on_time', 'late')),
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    paid_vnd bigint NOT NULL DEFAULT 0 CHECK (paid_vnd BETWEEN 0 AND amount_vnd),
    lines jsonb NOT NULL,
    channel text NOT NULL,
    business_date date NOT NULL,
    expires_at timestamptz NOT NULL,
    reference text NOT NULL UNIQUE,
    qr_payload text NOT NULL,
    bank_bin text NOT NULL,
    account_number text NOT NULL,
    account_name text NOT NULL,
    trace_id text NOT NULL,
    opened_at timestamptz NOT NULL,
    settled_at timestamptz,
    version bigint NOT NULL
);
CREATE INDEX intents_by_venue ON intents (venue_id, business_date);

CREATE TABLE transfers (
    transfer_id uuid PRIMARY KEY,
    merchant_id text NOT NULL REFERENCES merchants,
    account_number text NOT NULL,
    bank_reference text NOT NULL,
    provider text NOT NULL,
    provider_id text NOT NULL,
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    bank_code text NOT NULL,
    memo text NOT NULL,
    UNIQUE (account_number, bank_reference),
    UNIQUE (provider, provider_id)
);

CREATE TABLE suspense (
    transfer_id uuid PRIMARY KEY REFERENCES transfers,
    merchant_id text NOT NULL REFERENCES merchants,
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    reason text NOT NULL,
    proposal uuid[] NOT NULL DEFAULT '{}',
    order_id uuid,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'resolved')),
    at timestamptz NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX suspense_waiting ON suspense (merchant_id, at) WHERE state = 'waiting';

CREATE TABLE cash (
    cash_id uuid PRIMARY KEY,
    merchant_id text NOT NULL REFERENCES merchants,
    venue_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('recorded', 'undone')),
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    business_date date NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    offline boolean NOT NULL,
    person_id uuid NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX cash_by_venue ON cash (venue_id, business_date);

CREATE TABLE postings (
    posting_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id uuid NOT NULL,
    kind text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL CHECK (credit <> debit),
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    at timestamptz NOT NULL
);
CREATE INDEX postings_by_source ON postings (source_id);
CREATE TRIGGER postings_are_append_only BEFORE UPDATE OR DELETE ON postings
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
