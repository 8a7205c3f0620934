"""Places of a day and orders as rows."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from services.ticketing.catalogue.domain.products import Product
from services.ticketing.sales.domain.pricing import PricedLine, PricedOrder
from services.ticketing.sales.store import SQL
from shared.events.common import Line, lines_total
from shared.events.payments import IntentEvent
from shared.events.words import AmountState, Channel, OrderStatus, TicketMode, Timing
from shared.ids import OrderId, ProductId, VenueId
from shared.money import Dong
from shared.storage.db import Connection, Record


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A row of orders. From `reference` on it is what payments said, newest `intent_version`."""

    order_id: OrderId
    token: str
    venue_id: VenueId
    product_id: ProductId
    status: OrderStatus
    lines: tuple[PricedLine, ...]
    total_vnd: Dong
    visit_on: date
    nights: int
    people: int
    ticket_mode: TicketMode
    channel: Channel
    business_date: date
    expires_at: datetime
    hold_until: datetime
    placed_at: datetime
    trace_id: str
    version: int
    intent_version: int = 0
    reference: str | None = None
    qr_payload: str | None = None
    bank_name: str | None = None
    account_number: str | None = None
    account_name: str | None = None
    paid_vnd: Dong = Dong(0)
    amount_state: AmountState = "none"
    timing: Timing = "on_time"

    @property
    def due_vnd(self) -> Dong:
        return Dong(self.total_vnd - self.paid_vnd)

    @property
    def is_payable(self) -> bool:
        """Whether payments has said where to pay."""
        return self.qr_payload is not None

    @property
    def priced(self) -> PricedOrder:
        return PricedOrder(self.product_id, self.visit_on, self.nights, self.lines)

    @property
    def event_lines(self) -> tuple[Line, ...]:
        lines = tuple(
            Line(
                venue_id=line.venue_id,
                product_id=line.product_id,
                category=line.category,
                count=line.count,
                unit_price_vnd=line.unit_price_vnd,
                price_kind=line.price_kind,
                tariff_version=line.tariff_version,
            )
            for line in self.lines
        )
        assert lines_total(lines) == self.total_vnd
        return lines


async def hold_places(connection: Connection, product: Product, days: Sequence[date], places: int) -> bool:
    """Holds places on all of the days, or on none and False."""
    await connection.execute(SQL["make_days"], product.product_id, days, product.daily_capacity)
    # One day is held or not; of several, those that were held are given back.
    savepoint = connection.transaction() if len(days) > 1 else None
    if savepoint is not None:
        await savepoint.start()
    taken = await connection.fetch(SQL["take_places"], product.product_id, days, places)
    holds = len(taken) == len(days)
    if savepoint is not None:
        await (savepoint.commit() if holds else savepoint.rollback())
    return holds


async def release_places(connection: Connection, product_id: ProductId, days: Sequence[date], places: int) -> None:
    await connection.execute(SQL["release_places"], product_id, days, places)


async def sell_places(connection: Connection, product_id: ProductId, days: Sequence[date], places: int) -> None:
    await connection.execute(SQL["sell_places"], product_id, days, places)


async def fewest_places_left(connection: Connection, product: Product, days: Sequence[date]) -> int:
    """Places that all of the days still have; a day nobody asked for yet has them all."""
    rows = await connection.fetch(SQL["places_left"], product.product_id, days)
    return min([int(row["places_left"]) for row in rows] + [product.daily_capacity])


async def insert_order(connection: Connection, order: Order) -> bool:
    """False if there is an order of that id."""
    inserted = await connection.fetchval(
        SQL["insert_order"],
        order.order_id,
        order.token,
        order.venue_id,
        order.product_id,
        order.status,
        msgspec.json.encode(order.lines).decode(),
        order.total_vnd,
        order.visit_on,
        order.nights,
        order.people,
        order.ticket_mode,
        order.channel,
        order.business_date,
        order.expires_at,
        order.hold_until,
        order.placed_at,
        order.trace_id,
    )
    return bool(inserted)


async def lock_order(connection: Connection, order_id: OrderId) -> Order | None:
    """The order, its row locked until the transaction ends."""
    return _found(await connection.fetchrow(SQL["lock_order"], order_id))


async def find_order_by_token(connection: Connection, token: str) -> Order | None:
    return _found(await connection.fetchrow(SQL["find_order_by_token"], token))


async def lock_due_orders(connection: Connection, now: datetime) -> list[Order]:
    """Up to 100 unpaid orders whose hold is over, locked; rows that others hold are left out."""
    return [_order(row) for row in await connection.fetch(SQL["lock_due_orders"], now)]


async def set_order_status(connection: Connection, order_id: OrderId, status: OrderStatus) -> int:
    """The order's new version."""
    return int(await connection.fetchval(SQL["set_order_status"], order_id, status))


async def note_payment(connection: Connection, event: IntentEvent) -> bool:
    """Keeps what payments said of an order; False if a newer word is known, or no such order."""
    row = await connection.fetchrow(
        SQL["note_payment"],
        event.order_id,
        event.version,
        event.reference,
        event.qr_payload,
        event.bank_name,
        event.account_number,
        event.account_name,
        event.paid_vnd,
        event.amount_state,
        event.timing,
    )
    return row is not None


def _found(row: Record | None) -> Order | None:
    return None if row is None else _order(row)


def _order(row: Record) -> Order:
    lines = msgspec.json.decode(row["lines"], type=tuple[PricedLine, ...])
    return msgspec.convert({**dict(row), "lines": lines}, Order)
