-- name: drop_shadow
DROP SCHEMA IF EXISTS shadow CASCADE

-- name: make_shadow
CREATE SCHEMA shadow

-- name: enter_shadow
SET search_path = shadow, public

-- name: copy_shape
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY string_to_array(current_setting('analytics.tables'), ',') LOOP
        EXECUTE format('CREATE TABLE shadow.%I (LIKE public.%I INCLUDING ALL)', name, name);
    END LOOP;
END
$$

-- name: name_tables
SELECT set_config('analytics.tables', $1, false)

-- name: swap_tables
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY string_to_array(current_setting('analytics.tables'), ',') LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        EXECUTE format('ALTER TABLE shadow.%I SET SCHEMA public', name);
    END LOOP;
    DROP SCHEMA shadow;
END
$$

-- name: hold_workers
LOCK TABLE public.offsets IN ACCESS EXCLUSIVE MODE

-- name: lock_rebuild
SELECT pg_try_advisory_lock(hashtext('analytics.rebuild'))
