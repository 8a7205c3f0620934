-- What must never change is sealed: each seal's hash is over the one before it and the rows that came since.

-- Row triggers do not hear of TRUNCATE.
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- sealed: the table; after_id to up_to: its rows, the first not among them. One seal follows each other.
CREATE TABLE seals (
    sealed text NOT NULL,
    up_to bigint NOT NULL,
    after_id bigint NOT NULL CHECK (after_id < up_to),
    hash bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (sealed, up_to),
    UNIQUE (sealed, after_id)
);
CREATE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE ON seals
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seals_are_never_emptied BEFORE TRUNCATE ON seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
