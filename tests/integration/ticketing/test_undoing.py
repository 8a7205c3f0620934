"""Orders of a day are undone one by one: places, tickets and words at once, and asking again goes on."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import msgspec
import pytest

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder
from services.ticketing.sales.usecases.undo_orders import (
    OrdersOfDay,
    Outcome,
    UndoOrder,
    list_orders_to_undo,
    undo_order,
)
from services.ticketing.undoing import options_of, wanted_of
from shared.events.ticketing import OrderUndone
from shared.ids import OrderId, VenueId, uuid7
from shared.process.commands import WrongUse
from shared.storage.db import create_pool
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, VENUE, furnish_venue
from tests.support.shop import VISIT_ON, Shop, opened

EXEMPT = Category("disability_very_severe")


@pytest.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("undoing", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "undoing", 10)
        try:
            async with opened(pool, Waker(url, solo=True)) as shop:
                await pool.execute("TRUNCATE tickets, orders, days, outbox CASCADE")
                yield shop
        finally:
            await pool.close()


async def free_order(shop: Shop, people: int = 2) -> PlacedOrder:
    command = PlaceOrder(OrderId(uuid7()), PRODUCT, VISIT_ON, 0, {EXEMPT: people}, "per_person")
    return await shop.unit.run(shop.place, command)


async def listed(shop: Shop, wanted: OrdersOfDay) -> list[OrderId]:
    async with shop.unit.pool.acquire() as connection:
        return [order.order_id for order in await list_orders_to_undo(connection, wanted)]


async def undo(shop: Shop, orders: Sequence[OrderId]) -> list[Outcome]:
    usecase = partial(undo_order, catalogue=shop.catalogue)
    return [await shop.unit.run(usecase, UndoOrder(order_id, "a flood")) for order_id in orders]


OF_THE_DAY = OrdersOfDay(VenueId(VENUE), VISIT_ON)


async def test_each_order_of_the_day_is_undone_as_it_stands(shop: Shop) -> None:
    free, unpaid, part, paid, used = [
        await free_order(shop),
        await shop.order(3),
        await shop.order(3),
        await shop.order(4),
        await shop.order(5),
    ]
    await shop.take("part", part)
    for order in (paid, used):
        await shop.take("whole", order)
    await shop.unit.pool.execute("UPDATE tickets SET admitted = 1 WHERE order_id = $1 AND position = 0", used.order_id)

    orders = await listed(shop, OF_THE_DAY)
    assert orders == [order.order_id for order in (free, unpaid, part, paid, used)]
    assert await undo(shop, orders) == ["free", "unpaid", "paid", "paid", "used"]

    assert await shop.places() == (0, 5)
    assert await shop.unit.pool.fetchval("SELECT free FROM days") == 0
    revoked = await shop.unit.pool.fetch("SELECT order_id, count(*) FROM tickets WHERE status = 'revoked' GROUP BY 1")
    assert {row["order_id"]: row["count"] for row in revoked} == {free.order_id: 2, paid.order_id: 4}
    assert {await shop.status(order) for order in (free, unpaid, part, paid)} == {"undone"}
    assert await shop.status(used) == "ticketed"


async def test_it_is_said_once_and_stands_in_the_audit_with_its_reason(shop: Shop) -> None:
    order = await shop.order(3)
    await shop.take("whole", order)

    assert await undo(shop, [order.order_id] * 3) == ["paid", "ended", "ended"]

    [row] = await shop.unit.pool.fetch("SELECT payload FROM outbox WHERE type = $1", OrderUndone.TYPE)
    told = msgspec.json.decode(row["payload"], type=OrderUndone)
    assert (told.order_id, told.status, told.version, told.group_size) == (order.order_id, "undone", 3, 3)
    [noted] = await shop.unit.pool.fetch("SELECT action, subject, actor_id, detail FROM audit WHERE actor_id IS NULL")
    assert (noted["action"], noted["subject"], noted["actor_id"]) == ("order_undone", f"order:{order.order_id}", None)
    assert json.loads(noted["detail"]) == {"reason": "a flood", "paid_vnd": order.total_vnd}


async def test_its_buyer_reads_what_became_of_it_and_of_the_money(shop: Shop) -> None:
    unpaid, paid = await shop.order(1), await shop.order(2)
    await shop.take("whole", paid)
    await undo(shop, [unpaid.order_id, paid.order_id])

    pages = [(await shop.visitor.get(f"/t/{order.token}", follow_redirects=True)).text for order in (unpaid, paid)]

    assert "The venue took this order back" in pages[0]
    assert "Nothing is due" in pages[0]
    assert "60.000" in pages[1]
    assert "waits for the venue to give it back" in pages[1]
    assert "/cancel" not in "".join(pages)


async def test_money_that_comes_after_it_buys_no_ticket(shop: Shop) -> None:
    order = await shop.order(2)
    await undo(shop, [order.order_id])

    await shop.take("whole", order)

    assert await shop.status(order) == "undone"
    assert await shop.places() == (0, 0)


async def test_only_what_was_asked_for_is_listed(shop: Shop) -> None:
    early = await shop.order(1)
    shop.now[0] += timedelta(minutes=10)
    at = shop.now[0]
    late = await shop.order(1)
    stay = await shop.stay(nights=3, people=2)
    cancelled = await shop.order(1)
    await shop.cancel(cancelled)
    house = VenueId(shop.a_stay.venue_id)

    def nights(later: int) -> OrdersOfDay:
        return OrdersOfDay(house, VISIT_ON + timedelta(days=later))

    assert await listed(shop, OF_THE_DAY) == [early.order_id, late.order_id]
    assert await listed(shop, OrdersOfDay(VenueId(VENUE), VISIT_ON, until_at=at)) == [early.order_id]
    assert await listed(shop, OrdersOfDay(VenueId(VENUE), VISIT_ON, from_at=at)) == [late.order_id]
    assert await listed(shop, OrdersOfDay(VenueId(VENUE), VISIT_ON, channel="agent")) == []
    assert await listed(shop, OrdersOfDay(VenueId(VENUE), date(2026, 11, 29))) == []
    assert [len(await listed(shop, nights(later))) for later in (-1, 0, 2, 3)] == [0, 1, 1, 0]
    assert await listed(shop, nights(0)) == [stay.order_id]


async def test_what_broke_off_is_gone_on_with_and_two_at_once_undo_each_order_once(shop: Shop) -> None:
    for people in range(1, 8):
        await shop.take("whole", await shop.order(people))
    await undo(shop, (await listed(shop, OF_THE_DAY))[:3])

    left = await listed(shop, OF_THE_DAY)
    assert len(left) == 4
    outcomes = await asyncio.gather(undo(shop, left), undo(shop, list(reversed(left))))

    assert Counter(outcome for run in outcomes for outcome in run) == {"paid": 4, "ended": 4}
    assert await shop.said(OrderUndone.TYPE) == 7
    assert await shop.places() == (0, 0)
    assert await listed(shop, OF_THE_DAY) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--day", "tomorrow"], "--day needs a date"),
        (["--day", "2026-11-28", "--from", "2026-11-28T08:00:00"], "--from needs a time with its zone"),
        (["--day", "2026-11-28", "--channel", "pigeon"], "--channel is one of web, gate, owner, agent"),
    ],
)
def test_words_that_mean_nothing_are_refused_before_anything_is_looked_at(words: list[str], complaint: str) -> None:
    with pytest.raises(WrongUse, match=complaint):
        wanted_of({"--venue": VENUE, **dict(zip(words[::2], words[1::2], strict=True))})


def test_the_words_of_the_command_are_read_as_they_are_written() -> None:
    typed = (
        "--venue cot-co-lung-cu --day 2026-11-28 --from 2026-11-20T08:00:00+07:00 --channel web --dry-run"
        " --reason many at once"
    )
    words, reason = options_of(typed.split())

    assert ("--dry-run" in words, reason) == (True, "many at once")
    from_at = datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert wanted_of(words) == OrdersOfDay(VenueId(VENUE), VISIT_ON, from_at, None, "web")
