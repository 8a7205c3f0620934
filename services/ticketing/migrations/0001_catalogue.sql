-- Venues, products, visitor categories, dated prices, opening hours.

CREATE TABLE venues (
    venue_id text PRIMARY KEY,
    number integer NOT NULL UNIQUE CHECK (number BETWEEN 1 AND 65535),
    name_vi text NOT NULL,
    name_en text NOT NULL,
    kind text NOT NULL,
    old_district_code text NOT NULL,
    new_commune_code text NOT NULL,
    on_sale boolean NOT NULL,
    version bigint NOT NULL
);

CREATE TABLE products (
    product_id text PRIMARY KEY,
    number integer NOT NULL UNIQUE CHECK (number BETWEEN 1 AND 65535),
    venue_id text NOT NULL REFERENCES venues,
    kind text NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    ticket_modes text[] NOT NULL,
    admits integer NOT NULL CHECK (admits BETWEEN 1 AND 255),
    days_rule text NOT NULL,
    daily_capacity integer NOT NULL CHECK (daily_capacity >= 0)
);

CREATE TABLE categories (
    category text PRIMARY KEY,
    position integer NOT NULL,
    name_vi text NOT NULL,
    name_en text NOT NULL,
    rule_vi text NOT NULL,
    rule_en text NOT NULL,
    needs_evidence boolean NOT NULL
);

CREATE TABLE tariffs (
    version text PRIMARY KEY,
    product_id text NOT NULL REFERENCES products,
    category text NOT NULL REFERENCES categories,
    price_vnd bigint NOT NULL CHECK (price_vnd >= 0),
    unit text NOT NULL,
    price_kind text NOT NULL CHECK (price_kind IN ('state_fee', 'service_price')),
    valid_from date,
    valid_to date,
    legal_basis text NOT NULL,
    verified boolean NOT NULL
);

CREATE TABLE opening_hours (
    venue_id text NOT NULL REFERENCES venues,
    weekdays integer[] NOT NULL,
    opens_minute integer NOT NULL,
    closes_minute integer NOT NULL CHECK (opens_minute < closes_minute),
    valid_from date,
    valid_to date,
    UNIQUE NULLS NOT DISTINCT (venue_id, weekdays, opens_minute, valid_from)
);

CREATE TABLE closures (
    venue_id text NOT NULL REFERENCES venues,
    from_on date NOT NULL,
    until_on date NOT NULL CHECK (from_on < until_on),
    PRIMARY KEY (venue_id, from_on)
);
