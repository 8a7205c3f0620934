"""However tickets end, a day's places are those of the people who may come or are in, as their rows say."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.gate.domain.scans import Scan
from services.ticketing.gate.usecases.sync_scans import SyncScans, TakenScan, sync_scans
from services.ticketing.gate.usecases.undo_admission import UndoAdmission, undo_admission
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store.tickets import tickets_of_order
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from services.ticketing.sales.usecases.undo_orders import UndoOrder, undo_order
from shared.ids import DeviceId, OrderId, ScanId, uuid7
from shared.storage.db import create_pool
from shared.unit.wake import Waker
from tests.support.batches import alone
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, furnish_venue
from tests.support.scope import examples
from tests.support.shop import VISIT_ON, Shop, opened

EXEMPT = Category("disability_very_severe")
Move = Literal["let in", "take back", "revoke", "undo the order", "cancel"]
MOVES: tuple[Move, ...] = ("let in", "take back", "revoke", "undo the order", "cancel")


@dataclass(slots=True)
class Day:
    """A shop's day, and the phone at its gate."""

    shop: Shop
    device_id: DeviceId
    scans: dict[object, list[ScanId]] = field(default_factory=dict[object, list[ScanId]])

    async def order(self, people: int, *, group: bool, free: bool) -> tuple[PlacedOrder, list[Ticket]]:
        counts = {EXEMPT if free else Category("adult"): people}
        mode: Literal["group", "per_person"] = "group" if group else "per_person"
        command = PlaceOrder(OrderId(uuid7()), PRODUCT, VISIT_ON, 0, counts, mode)
        order = await self.shop.unit.run(self.shop.place, command)
        if not free:
            await self.shop.take("whole", order)
        async with self.shop.unit.pool.acquire() as connection:
            return order, await tickets_of_order(connection, order.order_id)

    async def do(self, move: Move, order: PlacedOrder, ticket: Ticket) -> None:
        unit, scans = self.shop.unit, self.scans.setdefault(ticket.ticket_id, [])
        match move:
            case "let in":
                await self._scan(ticket, scans)
            case "take back" if scans:
                undo = partial(undo_admission, catalogue=self.shop.catalogue)
                await unit.run(undo, UndoAdmission(scans.pop(), self.device_id, self.shop.now[0]))
            case "take back":
                pass
            case "revoke":
                await unit.run(revoke_ticket, RevokeTicket(ticket.ticket_id, "lost"))
            case "undo the order":
                await unit.run(partial(undo_order, catalogue=self.shop.catalogue), UndoOrder(order.order_id, "a flood"))
            case "cancel":
                await self.shop.cancel(order)

    async def _scan(self, ticket: Ticket, scans: list[ScanId]) -> None:
        scan = Scan(
            scan_id=ScanId(uuid7()),
            venue_id=ticket.venue_id,
            device_id=self.device_id,
            phone_verdict="admit",
            offline=True,
            occurred_at=self.shop.now[0],
        )
        signer = self.shop.venue.signer
        keys = {signer.key_id: signer.private_key.public_key()}
        sync = alone(partial(sync_scans, catalogue=self.shop.catalogue, public_keys=keys))
        [answer] = await self.shop.unit.run(sync, SyncScans((TakenScan(scan, ticket.code, None),)))
        if answer.changes_ticket:
            scans.append(scan.scan_id)

    async def counted(self) -> tuple[int, int, int]:
        """Held, sold and free of the day, as the rows of orders, tickets and scans say."""
        row = await self.shop.unit.pool.fetchrow(
            "WITH bought AS (SELECT total_vnd = 0 AS free, CASE status WHEN 'valid' THEN admits ELSE ("
            "      SELECT coalesce(sum(count), 0) FROM admissions AS a"
            "       WHERE a.ticket_id = t.ticket_id AND verdict = 'admitted' AND undone_at IS NULL) END AS people"
            "   FROM (SELECT tickets.*, total_vnd FROM tickets JOIN orders USING (order_id)) AS t)"
            " SELECT (SELECT coalesce(sum(people), 0) FROM orders WHERE status = 'placed') AS held,"
            "  coalesce(sum(people), 0) AS sold, coalesce(sum(people) FILTER (WHERE free), 0) AS free FROM bought"
        )
        assert row is not None
        return row["held"], row["sold"], row["free"]

    async def kept(self) -> tuple[int, int, int]:
        row = await self.shop.unit.pool.fetchrow("SELECT held, sold, free FROM days WHERE day = $1", VISIT_ON)
        assert row is not None
        return row["held"], row["sold"], row["free"]


@pytest.fixture
async def day(cluster: Cluster) -> AsyncIterator[Day]:
    async with cluster.database("places", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "places", 10)
        try:
            async with opened(pool, Waker(url, solo=True)) as shop:
                phone = await shop.venue.pair("East gate")
                shop.now[0] = shop.now[0].replace(day=VISIT_ON.day)
                await pool.execute("TRUNCATE tickets, orders, days, outbox, admissions CASCADE")
                yield Day(shop, phone.device_id)
        finally:
            await pool.close()


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize(
    ("moves", "sold"),
    [
        (("revoke",), 3),
        (("revoke", "revoke"), 3),
        (("revoke", "undo the order"), 0),
        (("undo the order", "revoke"), 0),
        (("let in", "revoke"), 4),
        (("let in", "revoke", "take back"), 3),
        (("let in", "take back", "revoke"), 3),
        (("let in", "revoke", "undo the order", "take back", "undo the order"), 0),
        (("revoke", "let in", "take back"), 3),
    ],
)
async def test_each_way_in_which_a_ticket_ends_gives_its_place_back_once(
    day: Day, moves: tuple[Move, ...], sold: int, *, free: bool
) -> None:
    order, [ticket, *_] = await day.order(4, group=False, free=free)
    for move in moves:
        await day.do(move, order, ticket)
        assert await day.kept() == await day.counted(), move
    assert await day.kept() == (0, sold, sold if free else 0)


async def test_of_a_group_those_who_are_in_keep_their_places_until_they_turn_round(day: Day) -> None:
    order, [ticket] = await day.order(5, group=True, free=False)
    moves: tuple[Move, ...] = ("let in", "let in", "revoke", "take back", "take back")
    for move, sold in zip(moves, (5, 5, 2, 1, 0), strict=True):
        await day.do(move, order, ticket)
        assert await day.kept() == await day.counted() == (0, sold, 0)


async def test_revoked_and_taken_back_at_the_same_time_the_place_comes_back_once(day: Day) -> None:
    for _ in range(8):
        order, [ticket] = await day.order(1, group=False, free=False)
        await day.do("let in", order, ticket)
        await asyncio.gather(day.do("take back", order, ticket), day.do("revoke", order, ticket))
        assert await day.kept() == await day.counted() == (0, 0, 0)


STEPS = st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 2), st.integers(0, 3)), min_size=3, max_size=14)


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_in_any_order_of_what_happens_to_tickets_the_days_places_fit_them(
    day: Day, steps: list[tuple[Move, int, int]]
) -> None:
    await day.shop.unit.pool.execute("TRUNCATE tickets, orders, days, outbox, admissions CASCADE")
    day.scans.clear()
    orders = [
        await day.order(3, group=False, free=False),
        await day.order(4, group=True, free=False),
        await day.order(2, group=False, free=True),
    ]
    for move, which, number in steps:
        order, tickets = orders[which]
        await day.do(move, order, tickets[number % len(tickets)])
        assert await day.kept() == await day.counted(), (move, which, number)
