-- Row triggers do not hear of TRUNCATE; the postings themselves are sealed by the platform's `seals`.

SET lock_timeout = '5s';
CREATE TRIGGER postings_are_never_emptied BEFORE TRUNCATE ON postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
