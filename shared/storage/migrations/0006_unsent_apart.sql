-- An event is written once: what Kafka does not have yet stands apart, as a number, in a table that is small and changes
-- all the time. To mark an event as sent wrote the whole row and three indexes anew.

SET lock_timeout = '5s';

-- Its pages are full of the dead after moments, so it is cleaned by their number alone, and keeps its pages.
CREATE TABLE unsent (
    seq bigint PRIMARY KEY
) WITH (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, vacuum_truncate = false);

-- The code that still runs while this is applied says what is unsent by sent_at: its rows, and what it marks, are
-- carried over. What this release writes has a sent_at from the beginning, so that a relay of before leaves it alone. A
-- later migration drops both triggers, sent_at and its index.
-- With the rights of whoever migrates: the table is handed over to the service only afterwards.
CREATE FUNCTION carry_sent_at_over() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.sent_at IS NULL THEN
        INSERT INTO unsent (seq) VALUES (NEW.seq) ON CONFLICT DO NOTHING;
    ELSE
        DELETE FROM unsent WHERE seq = NEW.seq;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER unsent_is_carried_over AFTER INSERT ON outbox
    FOR EACH ROW WHEN (NEW.sent_at IS NULL) EXECUTE FUNCTION carry_sent_at_over();
CREATE TRIGGER sent_is_carried_over AFTER UPDATE OF sent_at ON outbox
    FOR EACH ROW EXECUTE FUNCTION carry_sent_at_over();
INSERT INTO unsent (seq) SELECT seq FROM outbox WHERE sent_at IS NULL;

-- Nothing asks by them: cleaning takes the oldest, by the primary key, and an event's identifier is a drawn UUID.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX outbox_sent_at;
-- squawk-ignore ban-drop-constraint
ALTER TABLE outbox DROP CONSTRAINT outbox_id_key;
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX changes_at;
