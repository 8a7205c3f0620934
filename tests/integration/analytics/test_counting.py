"""What is counted is what happened, once, whatever order and however often it was told."""

import random
from datetime import timedelta
from uuid import uuid4

from tests.support.analytics_stage import DAY, NOON, Sale, Stage, scan, venue


async def test_a_settled_payment_and_recorded_cash_are_taken_and_an_open_intent_is_not(stage: Stage) -> None:
    await stage.say(venue(), Sale().opened(), Sale(amount_vnd=70_000).settled(), Sale(amount_vnd=50_000).cash())
    await stage.count()
    assert await stage.taken() == (2, 120_000)
    rows = await stage.pool.fetch("SELECT kind, tender, amount_vnd FROM minute_taken ORDER BY tender")
    assert [tuple(row) for row in rows] == [("scenic_site", "bank_transfer", 70_000), ("scenic_site", "cash", 50_000)]


async def test_undone_cash_leaves_no_trace_in_any_rollup(stage: Stage) -> None:
    sale = Sale()
    await stage.say(sale.cash())
    await stage.count()
    assert await stage.taken() == (1, 30_000)
    await stage.say(sale.cash(2, undone=True))
    await stage.count()
    tables = await stage.tables()
    assert tables["minute_taken"] == tables["hour_taken"] == tables["day_taken"] == []


async def test_a_refund_is_a_series_of_its_own_and_moves_nothing_that_was_taken(stage: Stage) -> None:
    sale = Sale()
    later = Sale(payment_id=sale.payment_id, at=NOON + timedelta(days=3))
    await stage.say(sale.settled(), later.refunded(3, refunded_vnd=10_000), later.refunded(4, refunded_vnd=30_000))
    await stage.count()
    assert await stage.taken() == (1, 30_000)
    assert await stage.pool.fetchval("SELECT minute FROM minute_taken") == NOON
    assert await stage.pool.fetchval("SELECT max(refunded_vnd) FROM refunds") == 30_000


async def test_money_of_an_order_that_ended_without_tickets_is_taken_out_again(stage: Stage) -> None:
    kept, ended = Sale(), Sale(amount_vnd=45_000)
    await stage.say(kept.settled(), ended.settled())
    await stage.count()
    await stage.say(ended.cancelled())
    await stage.count()
    assert await stage.taken() == (1, 30_000)
    assert all(finding.ok for finding in await stage.verify())


async def test_entries_count_people_and_an_undone_scan_counts_no_more(stage: Stage) -> None:
    kept, undone = uuid4(), uuid4()
    await stage.say(scan(kept, 1, 4), scan(undone, 1, 2), scan(undone, 2, 2, undone=True), scan(kept, 1, 4))
    await stage.count()
    row = await stage.pool.fetchrow("SELECT day, scans, people FROM day_entered")
    assert row is not None
    assert tuple(row) == (DAY, 1, 4)


async def test_duplicates_and_any_order_of_versions_leave_the_same_tables(stage: Stage) -> None:
    chance = random.Random(4)
    sales = [Sale(venue_id=chance.choice(["tower", "house"]), amount_vnd=1000 * n) for n in range(1, 60)]
    events = [event for s in sales for event in (s.opened(), s.settled(), s.settled(3, paid_vnd=s.amount_vnd // 2))]
    events += events[::3]
    chance.shuffle(events)
    for start in range(0, len(events), 50):
        await stage.say(*events[start : start + 50])
        await stage.count()
    assert await stage.taken() == (59, sum(s.amount_vnd // 2 for s in sales))
    assert all(finding.ok for finding in await stage.verify())


async def test_a_correction_forty_days_late_restates_its_own_day_and_says_so(stage: Stage) -> None:
    sale = Sale()
    await stage.say(sale.settled())
    await stage.count()
    assert await stage.pool.fetchval("SELECT revised_at FROM day_taken") is None
    late = NOON + timedelta(days=40)
    missed = Sale(recorded_at=late, amount_vnd=5_000)
    await stage.say(sale.settled(3, paid_vnd=20_000), missed.settled())
    await stage.count()
    cells = await stage.pool.fetch("SELECT day, revised_at FROM day_taken")
    assert await stage.taken() == (2, 25_000)
    assert {cell["day"] for cell in cells} == {DAY}
    assert all(cell["revised_at"] is not None for cell in cells)
    assert late in {cell["revised_at"] for cell in cells}


async def test_a_venue_told_of_after_its_payments_takes_its_minutes_to_its_kind(stage: Stage) -> None:
    await stage.say(Sale().settled(), Sale(amount_vnd=7_000).cash())
    await stage.count()
    assert {r["kind"] for r in await stage.pool.fetch("SELECT kind FROM minute_taken")} == {"unknown"}
    await stage.say(venue(kind="museum", version=2), venue(kind="boat", version=1))
    await stage.count()
    assert {r["kind"] for r in await stage.pool.fetch("SELECT kind FROM minute_taken")} == {"museum"}
    assert all(finding.ok for finding in await stage.verify())


async def test_what_cannot_be_read_is_put_aside_and_the_rest_goes_on(stage: Stage) -> None:
    topic = f"{stage.settings.topic_prefix}payments.events"
    settled = "payments.payment_settled.v1"
    await stage.send(
        [
            (topic, "a", settled, b"{"),
            (topic, "a", settled, b'{"version": 1}'),
            (topic, "a", None, b"{}"),
            (topic, "a", "payments.payment_dreamt.v7", b"{}"),
            (topic, "a", settled, b"\xff\xfe" * 1000),
        ]
    )
    await stage.say(Sale().settled())
    await stage.count()
    assert await stage.taken() == (1, 30_000)
    reasons = await stage.pool.fetch("SELECT reason, count(*) AS n FROM put_aside GROUP BY 1 ORDER BY 1")
    assert {row["reason"]: row["n"] for row in reasons} == {"broken_contract": 3, "missing_type": 1}


async def test_one_fact_that_the_database_cannot_hold_takes_no_other_of_its_batch_along(stage: Stage) -> None:
    chance = random.Random(9)
    # Longer than an index takes, of letters that no packing makes shorter.
    unfit = Sale("".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=9_000)))
    known, fresh = Sale(), Sale(amount_vnd=7_000)
    await stage.say(known.opened())
    await stage.count()
    await stage.say(scan(uuid4(), 1, 3), known.settled(), unfit.settled(), fresh.settled(), fresh.cash(3))
    await stage.count()
    assert await stage.taken() == (2, 37_000)
    assert await stage.pool.fetchval("SELECT people FROM day_entered") == 3
    assert [tuple(row) for row in await stage.pool.fetch("SELECT reason, type FROM put_aside")] == [
        ("broken_contract", unfit.settled().TYPE)
    ]
    assert all(finding.ok for finding in await stage.verify())
