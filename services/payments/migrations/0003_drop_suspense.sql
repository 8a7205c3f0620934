-- Drops the suspense of one row a transfer: since 0002 its money stands in suspended_money, and no code writes to it.

SET lock_timeout = '5s';

DO $$
BEGIN
    IF (SELECT coalesce(sum(amount_vnd), 0) FROM suspense) > (SELECT coalesce(sum(amount_vnd), 0) FROM suspended_money)
    THEN
        RAISE EXCEPTION 'suspense holds money that suspended_money does not: see 0002_suspended_money.sql';
    END IF;
END
$$;

-- Its trigger goes with it. No release reads or writes it, so no code that still runs can miss it.
-- squawk-ignore ban-drop-table
DROP TABLE suspense;
-- squawk-ignore ban-drop-function
DROP FUNCTION carry_suspense_over();
