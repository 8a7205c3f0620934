"""Updates stay on their page and write no index: as PostgreSQL counts them, after orders, payments and scans at once.

They come as under load, some in each transaction, and all that stands on a page changes at almost the same time, which
is the worst for it. Each bound fails without the room that a migration leaves on the pages, and where an index would
hold a column that changes.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

import pytest_asyncio

from services.payments.intents.usecases.open_intents import open_intents
from services.payments.transfers.usecases.hear_transfers import hear_transfers
from services.ticketing.sales.usecases.hear_payments import hear_payments
from services.ticketing.sales.usecases.place_orders import PlacedOrder
from shared.events.payments import IntentOpened, PaymentSettled
from shared.storage.db import Pool, create_pool
from shared.unit.batch import One
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.integration.payments.test_money import NOW, VENUE, furnish, transfer_of
from tests.support.analytics_stage import Sale, Stage, working
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.gate import furnish_venue
from tests.support.gate_doors import open_gate, scan
from tests.support.payments import placed_order
from tests.support.shop import Shop, opened
from tests.support.waiting import until

TURNS, TOGETHER = 60, 5
TOLD_AGAIN = 50
_ROOM = "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND reloptions IS NOT NULL ORDER BY relname"


@dataclass(frozen=True, slots=True)
class Updates:
    """How many a table had, how many of them in place (its indexes untouched), and on another page."""

    made: int
    in_place: int
    moved: int


@pytest_asyncio.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("in_place", MIGRATIONS["ticketing"], furnish_venue) as url:
        pool = await create_pool(url, "in_place", 2)
        try:
            async with opened(pool, Waker(url, solo=True)) as shop:
                await pool.execute("UPDATE days SET capacity = 100000")
                yield shop
        finally:
            await pool.close()


@pytest_asyncio.fixture
async def payments(cluster: Cluster) -> AsyncIterator[Unit]:
    async with cluster.database("in_place", MIGRATIONS["payments"]) as url:
        pool = await create_pool(url, "in_place", 2)
        unit = Unit(pool, "payments", "payments.events", lambda: NOW, Waker(url, solo=True))
        await furnish(unit)
        yield unit
        await pool.close()


async def test_an_order_stays_on_its_page_and_only_its_end_writes_an_index(shop: Shop) -> None:
    for _ in range(TURNS):
        orders = [one for one in await shop.order_together([1] * TOGETHER) if isinstance(one, PlacedOrder)]
        assert len(orders) == TOGETHER
        for kind, paid in ((IntentOpened, 0), (PaymentSettled, orders[0].total_vnd)):
            words = [One(await shop.told(order, kind, paid), "") for order in orders]
            hear = partial(hear_payments, catalogue=shop.catalogue, signer=shop.venue.signer)
            assert await shop.unit.run_batch(hear, words) == [None] * TOGETHER

    changed, days = await updates_of(shop.unit.pool, "orders"), await updates_of(shop.unit.pool, "days")
    assert changed.made == 2 * TURNS * TOGETHER
    # Leaving orders_holding is never in place.
    assert changed.in_place >= 0.35 * changed.made
    assert changed.moved <= 0.15 * changed.made
    assert days.in_place >= 0.95 * days.made > 0
    assert (await updates_of(shop.unit.pool, "outbox")).made == 0


async def test_a_ticket_is_admitted_in_place_also_of_a_group_that_walks_in_together(cluster: Cluster) -> None:
    async with open_gate(cluster) as gate:
        phone = await gate.venue.pair("East gate")
        for _ in range(TURNS // 12):
            group = await gate.venue.issue(people=12 * TOGETHER)
            for first in range(0, len(group), TOGETHER):
                answers = await gate.send(phone, *map(scan, group[first : first + TOGETHER]))
                assert {answer["verdict"] for answer in answers} == {"admitted"}

        tickets = await updates_of(gate.venue.pool, "tickets")
        assert tickets.made == TURNS * TOGETHER
        assert tickets.in_place >= 0.95 * tickets.made
        assert (await updates_of(gate.venue.pool, "outbox")).made == 0


async def test_an_intent_is_paid_in_place(payments: Unit) -> None:
    for _ in range(TURNS):
        placed = [placed_order(VENUE, 50_000, NOW) for _ in range(TOGETHER)]
        assert await payments.run_batch(open_intents, [One(order, "") for order in placed]) == [None] * TOGETHER
        ids = [order.order_id for order in placed]
        told = await payments.pool.fetch("SELECT reference FROM intents WHERE order_id = ANY ($1::uuid[])", ids)
        heard = [One(transfer_of(row["reference"], 50_000), "") for row in told]
        assert await payments.run_batch(hear_transfers, heard) == [None] * TOGETHER

    intents = await updates_of(payments.pool, "intents")
    assert intents.made == TURNS * TOGETHER
    assert intents.in_place >= 0.95 * intents.made
    assert (await updates_of(payments.pool, "outbox")).made == 0


async def test_a_payment_that_is_told_again_is_counted_in_place_also_after_a_rebuild(stage: Stage) -> None:
    sales = [Sale() for _ in range(TURNS * TOGETHER)]
    async with working(stage.worker()):
        await stage.say(*(sale.opened() for sale in sales))
        await until(stage.is_caught_up)
        for first in range(0, TOLD_AGAIN, TOGETHER):
            await stage.say(*(sale.settled() for sale in sales[first : first + TOGETHER]))
            await until(stage.is_caught_up)

    payments = await updates_of(stage.pool, "payments")
    assert payments.made == TOLD_AGAIN
    assert payments.in_place >= 0.95 * payments.made
    room = await stage.pool.fetch(_ROOM)
    await stage.rebuild()
    assert await stage.pool.fetch(_ROOM) == room
    assert "payments" in {row["relname"] for row in room}


async def updates_of(pool: Pool, table: str) -> Updates:
    """What all sessions of the pool have done so far."""
    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(pool.acquire()) for _ in range(pool.get_max_size())]
        for session in sessions:
            await session.execute("SELECT pg_stat_force_next_flush()")
        row = await sessions[0].fetchrow(
            "SELECT n_tup_upd, n_tup_hot_upd, n_tup_newpage_upd FROM pg_stat_user_tables WHERE relname = $1", table
        )
        assert row is not None
        return Updates(*row)
