"""The flag tower as a shop on a real database: orders placed, paid, given up, with a clock that the test moves."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import httpx
import msgspec
from fastapi import FastAPI

from services.ticketing.app import WEBS, sales_doors
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.sales.api import cancel, orders
from services.ticketing.sales.usecases.cancel_order import CancelOrder, OrderNotCancellable, cancel_order
from services.ticketing.sales.usecases.expire_orders import ExpireOrders, expire_orders
from services.ticketing.sales.usecases.hear_payments import hear_payments
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder, place_orders
from shared.events.payments import IntentEvent, PaymentPartial, PaymentSettled
from shared.ids import OrderId, uuid7
from shared.storage.db import Pool
from shared.unit.batch import One
from shared.unit.tx import UseCase
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web.app import create_app
from shared.web.live import Live
from shared.web.pages import Pages
from tests.support.batches import alone
from tests.support.gate import PRODUCT, Venue, venue_in

MORNING = datetime(2026, 11, 24, 2, tzinfo=UTC)
VISIT_ON = date(2026, 11, 28)
CAPACITY = 6
TOLD = Path("contracts/examples/payments.payment_settled.v1/first.json").read_bytes()
E = TypeVar("E", bound=IntentEvent)
Step = Literal["cancel", "expire", "part", "whole"]
STEPS: tuple[Step, ...] = ("cancel", "expire", "part", "whole")


@dataclass(slots=True)
class Shop:
    """The flag tower with few places on one day, and a clock that the test moves."""

    venue: Venue
    now: list[datetime]
    visitor: httpx.AsyncClient
    app: FastAPI
    versions: dict[OrderId, int] = field(default_factory=dict[OrderId, int])

    @property
    def unit(self) -> Unit:
        return self.venue.unit

    @property
    def place(self) -> UseCase[PlaceOrder, PlacedOrder]:
        return alone(partial(place_orders, catalogue=self.catalogue, signer=self.venue.signer))

    @property
    def hear(self) -> UseCase[IntentEvent, None]:
        return alone(partial(hear_payments, catalogue=self.catalogue, signer=self.venue.signer))

    def catalogue(self) -> Catalogue:
        return self.venue.catalogue

    def from_address(self, address: str) -> httpx.AsyncClient:
        """A visitor whose address is known."""
        headers = {"accept": "application/json", "accept-language": "en"}
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    async def order(self, people: int) -> PlacedOrder:
        command = PlaceOrder(OrderId(uuid7()), PRODUCT, VISIT_ON, 0, {Category("adult"): people}, "per_person")
        return await self.unit.run(self.place, command)

    @property
    def a_stay(self) -> Product:
        return next(product for product in self.venue.catalogue.products.values() if product.is_stay)

    async def stay(self, nights: int, people: int) -> PlacedOrder:
        category = self.venue.catalogue.tariffs_of(self.a_stay.product_id)[0].category
        command = PlaceOrder(
            OrderId(uuid7()), self.a_stay.product_id, VISIT_ON, nights, {category: people}, self.a_stay.ticket_modes[0]
        )
        return await self.unit.run(self.place, command)

    async def take(self, step: Step, order: PlacedOrder) -> None:
        match step:
            case "cancel":
                await self.cancel(order)
            case "expire":
                self.now[0] += timedelta(hours=1)
                await self.unit.run(partial(expire_orders, catalogue=self.catalogue), ExpireOrders(self.now[0]))
            case "part":
                await self.unit.run(self.hear, await self.told(order, PaymentPartial, 10_000))
            case "whole":
                await self.unit.run(self.hear, await self.told(order, PaymentSettled, order.total_vnd))

    async def order_together(self, people: Sequence[int]) -> list[PlacedOrder | Exception]:
        """Orders that come at the same time, in one transaction."""
        commands = [
            PlaceOrder(OrderId(uuid7()), PRODUCT, VISIT_ON, 0, {Category("adult"): count}, "per_person")
            for count in people
        ]
        place = partial(place_orders, catalogue=self.catalogue, signer=self.venue.signer)
        answers = await self.unit.run_batch(place, [One(command, "") for command in commands])
        return [*answers]

    async def hear_together(self, steps: Sequence[tuple[Step, PlacedOrder]]) -> None:
        """Words of payments that come in one poll: a part of the money, or the whole of it."""
        words = [
            One(
                await self.told(order, PaymentPartial, 10_000)
                if step == "part"
                else await self.told(order, PaymentSettled, order.total_vnd),
                "",
            )
            for step, order in steps
        ]
        hear = partial(hear_payments, catalogue=self.catalogue, signer=self.venue.signer)
        assert await self.unit.run_batch(hear, words) == [None] * len(words)

    async def cancel(self, order: PlacedOrder) -> bool:
        """False if the order was paid before."""
        try:
            await self.unit.run(partial(cancel_order, catalogue=self.catalogue), CancelOrder(order.order_id))
        except OrderNotCancellable:
            return False
        return True

    async def told(self, order: PlacedOrder, kind: type[E], paid_vnd: int) -> E:
        """What payments says of this order's intent, newer than what it said before."""
        version = self.versions[order.order_id] = self.versions.get(order.order_id, 0) + 1
        state = msgspec.json.decode(TOLD)
        state |= {"order_id": str(order.order_id), "amount_vnd": order.total_vnd, "paid_vnd": paid_vnd}
        row = await self.unit.pool.fetchrow(
            "SELECT venue_id, lines::text AS lines FROM orders WHERE order_id = $1", order.order_id
        )
        assert row is not None
        state |= {"lines": msgspec.json.decode(row["lines"]), "place": {**state["place"], "venue_id": row["venue_id"]}}
        return msgspec.convert({**state, "version": version}, kind)

    async def places(self) -> tuple[int, int]:
        """Held and sold, as counted on the day."""
        row = await self.unit.pool.fetchrow("SELECT held, sold FROM days WHERE day = $1", VISIT_ON)
        return (0, 0) if row is None else (row["held"], row["sold"])

    async def people(self) -> tuple[int, int]:
        """Held and sold, as the orders say."""
        row = await self.unit.pool.fetchrow(
            "SELECT coalesce(sum(people) FILTER (WHERE status = 'placed'), 0) AS held,"
            " coalesce(sum(people) FILTER (WHERE status = 'ticketed'), 0) AS sold FROM orders"
        )
        assert row is not None
        return row["held"], row["sold"]

    async def status(self, order: PlacedOrder) -> str:
        return str(await self.unit.pool.fetchval("SELECT status FROM orders WHERE order_id = $1", order.order_id))

    async def said(self, kind: str) -> int:
        return int(await self.unit.pool.fetchval("SELECT count(*) FROM outbox WHERE type = $1", kind))

    async def clear(self) -> None:
        await self.unit.pool.execute("TRUNCATE tickets, orders, days, outbox CASCADE")
        self.now[0] = MORNING
        await self.order(1)
        await self.unit.pool.execute("UPDATE days SET capacity = $1", CAPACITY)


@asynccontextmanager
async def opened(pool: Pool, waker: Waker) -> AsyncGenerator[Shop]:
    now = [MORNING]
    unit = Unit(pool, "ticketing", "ticketing.events", lambda: now[0], waker)
    venue = await venue_in(unit)
    pages = Pages(WEBS, "ticketing")
    app = create_app("ticketing", [orders.router, cancel.router], is_ready, None, pages)
    transport = httpx.ASGITransport(app)
    headers = {"accept": "text/html", "accept-language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as visitor:
        shop = Shop(venue, now, visitor, app)
        live = Live(pool, waker)
        app.state.sales = sales_doors(unit, pages, live, shop.catalogue, venue.signer)
        await shop.clear()
        yield shop


async def is_ready() -> tuple[bool, dict[str, object]]:
    return True, {}
