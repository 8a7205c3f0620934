-- name: drop_shadow
-- What a rebuild that was cut short left behind; only the holder of lock_rebuild does this.
DROP SCHEMA IF EXISTS shadow CASCADE

-- name: make_shadow
-- Where the new tables grow beside those that are shown.
CREATE SCHEMA shadow

-- name: enter_shadow
-- From now on this connection's statements write the new tables, by their plain names.
SET search_path = shadow, public

-- name: copy_shape
-- An empty table for each name in analytics.tables, with its indexes and checks, and the room on its pages.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY string_to_array(current_setting('analytics.tables'), ',') LOOP
        EXECUTE format('CREATE TABLE shadow.%1$I (LIKE public.%1$I INCLUDING ALL) %2$s', name,
                       (SELECT 'WITH (' || array_to_string(reloptions, ', ') || ')' FROM pg_class
                         WHERE oid = format('public.%I', name)::regclass AND reloptions IS NOT NULL));
    END LOOP;
END
$$;

-- name: name_tables
-- Hands the names of the tables to the two blocks below, which take no parameters.
SELECT set_config('analytics.tables', $1, false)

-- name: swap_tables
-- Puts the new tables in the old ones' place; hold_workers has locked them before.
DO $$
DECLARE
    name text;
BEGIN
    -- Letters from before keep the time when they were put aside: what somebody settled stays settled, and what was read well this time, or is gone with its
    -- log, waits for nobody any more.
    INSERT INTO shadow.put_aside AS fresh
    SELECT topic, partition, log_offset, content, at, ce_id, type, reason, detail, last_digits, amount_vnd, key, headers,
           payload, coalesce(settled_at, now()), coalesce(settled_how, 'rebuilt'), settled_why
      FROM public.put_aside
        ON CONFLICT (topic, partition, log_offset, content) DO UPDATE
       SET at = excluded.at,
           settled_at = CASE WHEN excluded.settled_how <> 'rebuilt' THEN excluded.settled_at END,
           settled_how = nullif(excluded.settled_how, 'rebuilt'), settled_why = excluded.settled_why;
    FOREACH name IN ARRAY string_to_array(current_setting('analytics.tables'), ',') LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        EXECUTE format('ALTER TABLE shadow.%I SET SCHEMA public', name);
    END LOOP;
    DROP SCHEMA shadow;
END
$$

-- name: hold_workers
-- The one lock that batches and readers take first: waits for both, at most lock_timeout.
LOCK TABLE public.offsets IN ACCESS EXCLUSIVE MODE

-- name: lock_rebuild
-- One rebuild a database, for as long as the connection lives.
SELECT pg_try_advisory_lock(hashtext('analytics.rebuild'))
