"""Orders as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.ticketing.sales.domain.orders import ADDRESS_COUNTS_FOR, OPEN_FOR_EACH_PAID, OPEN_OF_ADDRESS, Order
from services.ticketing.sales.domain.pricing import PricedLine
from services.ticketing.sales.store import SQL
from shared.events.payments import IntentEvent
from shared.events.words import Channel, OrderStatus
from shared.ids import OrderId, VenueId
from shared.money import Dong
from shared.storage.db import Connection, Record


async def insert_order(connection: Connection, order: Order, address_hash: bytes | None = None) -> bool:
    """False if there is an order of that id, or if too many from that address are open."""
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
        address_hash,
        OPEN_OF_ADDRESS,
        OPEN_FOR_EACH_PAID,
        order.placed_at - ADDRESS_COUNTS_FOR,
    )
    return bool(inserted)


async def forget_addresses(connection: Connection, placed_until: datetime) -> None:
    """Of orders placed until then nothing says any more where they came from."""
    await connection.execute(SQL["forget_addresses"], placed_until)


async def lock_order(connection: Connection, order_id: OrderId) -> Order | None:
    """The order, its row locked until the transaction ends."""
    return _found(await connection.fetchrow(SQL["lock_order"], order_id))


async def find_order_by_token(connection: Connection, token: str) -> Order | None:
    return _found(await connection.fetchrow(SQL["find_order_by_token"], token))


async def lock_due_orders(connection: Connection, now: datetime) -> list[Order]:
    """Up to 100 unpaid orders whose hold is over, locked; rows that others hold are left out."""
    return [_order(row) for row in await connection.fetch(SQL["lock_due_orders"], now)]


@dataclass(frozen=True, slots=True)
class ToUndo:
    """An order that holds places or has tickets."""

    order_id: OrderId
    status: OrderStatus
    total_vnd: Dong
    paid_vnd: Dong
    people: int


async def orders_to_undo(
    connection: Connection,
    criteria: tuple[VenueId, date, datetime | None, datetime | None, Channel | None],
    *,
    after: OrderId | None,
) -> list[ToUndo]:
    """Up to 1000 with places on the day, of the venue; placed in [from, until); by a channel; with an id after this."""
    rows = await connection.fetch(SQL["orders_to_undo"], *criteria, after or UUID(int=0))
    return [msgspec.convert(dict(row), ToUndo) for row in rows]


async def set_order_status(connection: Connection, order: Order) -> None:
    """Writes the state and version to which a locked order has moved."""
    await connection.execute(SQL["set_order_status"], order.order_id, order.status, order.version)


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
