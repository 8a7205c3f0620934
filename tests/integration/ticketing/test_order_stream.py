"""The live stream of an order: its states come with the changes, so whoever watches reads once and then nothing."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import msgspec
import pytest
from starlette.requests import Request

from services.ticketing.sales.api import orders
from services.ticketing.sales.api.doors import SalesDoors
from services.ticketing.sales.usecases.place_orders import PlacedOrder
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from services.ticketing.sales.usecases.see_order import SeenOrder, UnknownOrder, see_order
from shared.ids import TicketId
from shared.storage.db import Connection, create_pool
from shared.unit.bound import Reader
from shared.unit.wake import Waker
from shared.web.event_stream import StreamEvents
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, furnish_venue
from tests.support.shop import Shop, opened
from tests.support.waiting import PATIENCE_S, until


@dataclass
class Watched:
    """A shop whose doors count how often an order is read, and with a reader of changes."""

    shop: Shop
    reads: int = 0

    @asynccontextmanager
    async def page_of(self, order: PlacedOrder) -> AsyncGenerator["Page"]:
        """An open page of the order, behind its first state."""
        request = Request({"type": "http", "app": self.shop.app, "headers": []})
        stream = await orders.get_order_live(request, order.token)
        try:
            yield Page(stream.events)
        finally:
            await stream.events.aclose()


@dataclass
class Page:
    told: StreamEvents

    async def hears(self) -> dict[str, object]:
        async with asyncio.timeout(PATIENCE_S):
            while (event := await anext(self.told)) is None:
                pass
        state: dict[str, object] = msgspec.json.decode(event.data)
        return {name: state[name] for name in ("status", "ready", "paid_vnd", "uses", "location")}


@pytest.fixture
async def watched(cluster: Cluster) -> AsyncIterator[Watched]:
    async with cluster.database("order_stream", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "ticketing", 10)
        async with opened(pool, Waker(url, solo=True)) as shop:
            found, doors = Watched(shop), shop.app.state.sales
            assert isinstance(doors, SalesDoors)

            async def see(connection: Connection, token: str) -> SeenOrder:
                found.reads += 1
                return await see_order(connection, token)

            shop.app.state.sales = replace(doors, see_order=Reader(pool, see))
            reading = asyncio.create_task(doors.live.run())
            yield found
            reading.cancel()
        await pool.close()


async def test_a_page_reads_its_order_once_and_hears_the_rest(watched: Watched) -> None:
    shop = watched.shop
    order = await shop.order(2)
    location = f"/t/{order.token}"
    async with watched.page_of(order) as page:
        first = await page.hears()
        assert first == {"status": "placed", "ready": False, "paid_vnd": 0, "uses": "", "location": location}
        await shop.take("part", order)
        assert await page.hears() == {**first, "ready": True, "paid_vnd": 10_000}
        await shop.take("whole", order)
        uses = "valid:0 valid:0"
        assert await page.hears() == {
            "status": "ticketed",
            "ready": True,
            "paid_vnd": order.total_vnd,
            "uses": uses,
            "location": location,
        }
        assert watched.reads == 1


async def test_what_its_tickets_come_to_is_read_because_no_change_of_one_tells_of_all(watched: Watched) -> None:
    shop = watched.shop
    order = await shop.order(2)
    await shop.take("whole", order)
    ticket_id = await shop.unit.pool.fetchval("SELECT ticket_id FROM tickets ORDER BY position LIMIT 1")
    async with watched.page_of(order) as page:
        assert (await page.hears())["uses"] == "valid:0 valid:0"
        await shop.unit.run(revoke_ticket, RevokeTicket(TicketId(ticket_id), "lost"))
        assert (await page.hears())["uses"] == "revoked:0 valid:0"
        assert watched.reads == 2


async def test_nothing_that_a_change_carries_opens_or_pays_anything(watched: Watched) -> None:
    """The table of changes is read by every process, so a link or an account in it would be one copy more of a key."""
    order = await watched.shop.order(2)
    await watched.shop.take("whole", order)
    states = await watched.shop.unit.pool.fetch("SELECT state FROM changes WHERE state IS NOT NULL")
    assert states
    for row in states:
        assert set(msgspec.json.decode(row["state"])) == {"status", "paid_vnd", "due_vnd", "ready", "uses"}


async def test_a_page_that_opens_where_its_order_was_placed_reads_nothing(watched: Watched) -> None:
    shop = watched.shop
    doors = shop.app.state.sales
    assert isinstance(doors, SalesDoors)
    order = await shop.order(2)
    doors.links.remember(order.token, order.order_id)

    async def is_known() -> bool:
        return ("order", str(order.order_id)) in doors.live.states

    async def is_forgotten() -> bool:
        return not await is_known()

    await until(is_known)
    async with watched.page_of(order) as page:
        assert (await page.hears())["status"] == "placed"
        await shop.take("part", order)
        assert (await page.hears())["ready"] is True
    # Somebody may have been let in meanwhile, so what is told of a used order was looked up.
    await shop.take("whole", order)
    ticket_id = await shop.unit.pool.fetchval("SELECT ticket_id FROM tickets ORDER BY position LIMIT 1")
    await shop.unit.run(revoke_ticket, RevokeTicket(TicketId(ticket_id), "lost"))
    await until(is_forgotten)
    assert watched.reads == 0
    async with watched.page_of(order) as page:
        assert (await page.hears())["uses"] == "revoked:0 valid:0"
    assert watched.reads == 1


async def test_a_stream_of_no_order_is_refused_before_it_begins(watched: Watched) -> None:
    request = Request({"type": "http", "app": watched.shop.app, "headers": []})
    with pytest.raises(UnknownOrder):
        await orders.get_order_live(request, "nobodys")
