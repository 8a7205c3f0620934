-- Places of a day, orders with what payments said of them, and tickets.

CREATE TABLE days (
    product_id text NOT NULL REFERENCES products,
    day date NOT NULL,
    capacity integer NOT NULL CHECK (capacity >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
    PRIMARY KEY (product_id, day),
    CONSTRAINT never_more_than_capacity CHECK (held + sold <= capacity)
);

CREATE TABLE orders (
    order_id uuid PRIMARY KEY,
    token text NOT NULL UNIQUE,
    venue_id text NOT NULL REFERENCES venues,
    product_id text NOT NULL REFERENCES products,
    status text NOT NULL CHECK (status IN ('placed', 'ticketed', 'expired', 'cancelled', 'unfulfilled')),
    lines jsonb NOT NULL,
    total_vnd bigint NOT NULL CHECK (total_vnd >= 0),
    visit_on date NOT NULL,
    nights integer NOT NULL,
    people integer NOT NULL CHECK (people > 0),
    ticket_mode text NOT NULL,
    channel text NOT NULL,
    business_date date NOT NULL,
    expires_at timestamptz NOT NULL,
    hold_until timestamptz NOT NULL,
    placed_at timestamptz NOT NULL,
    trace_id text NOT NULL,
    version bigint NOT NULL,
    intent_version bigint NOT NULL DEFAULT 0,
    reference text,
    qr_payload text,
    bank_name text,
    account_number text,
    account_name text,
    paid_vnd bigint NOT NULL DEFAULT 0,
    amount_state text NOT NULL DEFAULT 'none',
    timing text NOT NULL DEFAULT 'on_time'
);
CREATE INDEX orders_holding ON orders (hold_until) WHERE status = 'placed';

CREATE TABLE tickets (
    ticket_id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES orders,
    position integer NOT NULL,
    venue_id text NOT NULL REFERENCES venues,
    product_id text NOT NULL REFERENCES products,
    category text NOT NULL,
    price_kind text NOT NULL,
    code text NOT NULL,
    short_code text NOT NULL UNIQUE,
    valid_from date NOT NULL,
    days integer NOT NULL CHECK (days BETWEEN 1 AND 255),
    admits integer NOT NULL CHECK (admits BETWEEN 1 AND 255),
    admitted integer NOT NULL DEFAULT 0 CHECK (admitted BETWEEN 0 AND admits),
    status text NOT NULL DEFAULT 'valid' CHECK (status IN ('valid', 'revoked')),
    revoked_reason text,
    issued_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (order_id, position)
);
CREATE INDEX tickets_of_venue ON tickets (venue_id, valid_from);
