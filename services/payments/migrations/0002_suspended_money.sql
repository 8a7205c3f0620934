-- Suspense by transfer and reason, and every posting under the transfer whose money it moves.

CREATE TABLE suspended_money (
    transfer_id uuid NOT NULL REFERENCES transfers,
    reason text NOT NULL,
    merchant_id text NOT NULL REFERENCES merchants,
    amount_vnd bigint NOT NULL CHECK (amount_vnd > 0),
    proposal uuid[] NOT NULL DEFAULT '{}',
    order_id uuid,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'resolved')),
    at timestamptz NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (transfer_id, reason)
);
CREATE INDEX suspended_money_waiting ON suspended_money (merchant_id, at) WHERE state = 'waiting';
-- Which transfers paid an intent, asked whenever its money is freed. Built here, since the books must stand still anyway
-- until the end of this migration.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX postings_by_credit ON postings (credit);

-- The code that still runs while this is applied writes to suspense, one row a transfer: each amount it adds is carried
-- over under its own reason. A later migration drops suspense and this trigger.
CREATE FUNCTION carry_suspense_over() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added_vnd bigint := NEW.amount_vnd;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        added_vnd := NEW.amount_vnd - OLD.amount_vnd;
    END IF;
    INSERT INTO suspended_money (transfer_id, reason, merchant_id, amount_vnd, proposal, order_id, at, version)
    VALUES (NEW.transfer_id, NEW.reason, NEW.merchant_id, added_vnd, NEW.proposal, NEW.order_id, NEW.at, 1)
    ON CONFLICT (transfer_id, reason) DO UPDATE
       SET amount_vnd = suspended_money.amount_vnd + excluded.amount_vnd, version = suspended_money.version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER suspense_is_carried_over AFTER INSERT OR UPDATE OF amount_vnd ON suspense
    FOR EACH ROW EXECUTE FUNCTION carry_suspense_over();

-- Money freed from an intent was posted once, under the intent. Each such posting gets its mirror, and one posting for
-- every transfer that had paid; nothing leaves a cancelled intent by another way, so the sums are the same.
CREATE TEMPORARY TABLE freed ON COMMIT DROP AS
SELECT unfulfilled.source_id AS intent_id, unfulfilled.debit, unfulfilled.credit, paying.source_id AS transfer_id,
       sum(paying.amount_vnd)::bigint AS amount_vnd, unfulfilled.at
  FROM postings AS unfulfilled
  JOIN postings AS paying ON paying.credit = unfulfilled.debit
 WHERE unfulfilled.kind = 'order_unfulfilled'
 GROUP BY unfulfilled.posting_id, paying.source_id;

INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)
SELECT source_id, 'order_unfulfilled', credit, debit, amount_vnd, now()
  FROM postings WHERE kind = 'order_unfulfilled';
INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)
SELECT transfer_id, 'order_unfulfilled', debit, credit, amount_vnd, now() FROM freed;

INSERT INTO suspended_money (transfer_id, reason, merchant_id, amount_vnd, proposal, order_id, at, version)
SELECT freed.transfer_id, 'late_no_places', intents.merchant_id, sum(freed.amount_vnd), ARRAY[intents.intent_id],
       intents.order_id, min(freed.at), 1
  FROM freed
  JOIN intents USING (intent_id)
 GROUP BY freed.transfer_id, intents.intent_id;

-- What a transfer brought to suspense by itself: all of it, or a surplus. A row that two reasons shared has the later.
INSERT INTO suspended_money (transfer_id, reason, merchant_id, amount_vnd, proposal, order_id, at, version)
SELECT suspense.transfer_id, CASE WHEN brought.kind = 'transfer_surplus' THEN 'surplus' ELSE suspense.reason END,
       suspense.merchant_id, brought.amount_vnd, suspense.proposal, suspense.order_id, brought.at, 1
  FROM suspense
  JOIN postings AS brought ON brought.source_id = suspense.transfer_id
 WHERE brought.kind IN ('transfer_suspended', 'transfer_surplus');
