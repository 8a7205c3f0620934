"""Orders as rows. Of an order's link the database has a hash, and the link itself only sealed by its request's key."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from services.ticketing.sales.domain.orders import (
    ADDRESS_COUNTS_FOR,
    OPEN_FOR_EACH_PAID,
    OPEN_OF_ADDRESS,
    PAID_COUNTS_FOR,
    Order,
)
from services.ticketing.sales.domain.pricing import PricedLine
from services.ticketing.sales.store import SQL
from shared.events.words import Channel, OrderStatus
from shared.ids import OrderId, VenueId
from shared.money import Dong
from shared.storage.db import Connection, Record
from shared.unit.idempotency import Key


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to be opened under a link, from where it comes, and the key of the request for it."""

    order: Order
    token: str
    address_hash: bytes | None = None
    key: Key | None = None


async def insert_orders(connection: Connection, new: Sequence[NewOrder]) -> set[OrderId]:
    """Those opened. Not so one whose id is there, whose request was answered before orders knew of requests, or from
    an address that has too many open; new: of one instant, in the order in which they came.
    """
    orders = [one.order for one in new]
    rows = await connection.fetch(
        SQL["insert_orders"],
        [order.order_id for order in orders],
        [stored_link(one.token) for one in new],
        [order.venue_id for order in orders],
        [order.product_id for order in orders],
        [order.status for order in orders],
        [msgspec.json.encode(order.lines).decode() for order in orders],
        [order.total_vnd for order in orders],
        [order.visit_on for order in orders],
        [order.nights for order in orders],
        [order.people for order in orders],
        [order.ticket_mode for order in orders],
        [order.channel for order in orders],
        [order.business_date for order in orders],
        [order.expires_at for order in orders],
        [order.hold_until for order in orders],
        [order.placed_at for order in orders],
        [order.trace_id for order in orders],
        [one.address_hash for one in new],
        [one.key and one.key.proof for one in new],
        [one.key and one.key.stored for one in new],
        [one.key and one.key.value for one in new],
        [one.key and one.key.seal(one.token.encode()) for one in new],
        OPEN_OF_ADDRESS,
        OPEN_FOR_EACH_PAID,
        orders[0].placed_at - ADDRESS_COUNTS_FOR,
        orders[0].placed_at - PAID_COUNTS_FOR,
    )
    return {OrderId(row["order_id"]) for row in rows}


@dataclass(frozen=True, slots=True)
class PlacedBefore:
    """An order as whoever placed it was told of it.

    proof: of that request and its key, None for those of long ago. sealed_link: its link, sealed by that key; None for
    an order of the release before, whose link lies in clear for a week.
    """

    order_id: OrderId
    token: str
    sealed_link: bytes | None
    total_vnd: Dong
    expires_at: datetime
    proof: bytes | None

    def link(self, key: Key) -> str:
        """Its link, for whoever repeats the request that placed it."""
        return self.token if self.sealed_link is None else key.unseal(self.sealed_link).decode()


def stored_link(token: str) -> str:
    """A link as the database knows it: whoever reads it or a dump of it can open no order."""
    return hashlib.sha256(token.encode()).hexdigest()


async def placed_before(connection: Connection, order_ids: Sequence[OrderId]) -> dict[OrderId, PlacedBefore]:
    """Those of the orders that there are."""
    rows = await connection.fetch(SQL["placed_before"], order_ids)
    return {row["order_id"]: msgspec.convert(dict(row), PlacedBefore) for row in rows}


async def forget_addresses(connection: Connection, placed_until: datetime) -> None:
    """Of orders placed until then nothing says any more where they came from."""
    await connection.execute(SQL["forget_addresses"], placed_until)


async def hash_links(connection: Connection, placed_until: datetime) -> None:
    """Of orders of the release before, which kept links in clear."""
    await connection.execute(SQL["hash_links"], placed_until)


async def lock_order(connection: Connection, order_id: OrderId) -> Order | None:
    """The order, its row locked until the transaction ends."""
    return _found(await connection.fetchrow(SQL["lock_order"], order_id))


async def lock_orders(connection: Connection, order_ids: Iterable[OrderId]) -> dict[OrderId, Order]:
    """Those of the orders that there are, their rows locked until the transaction ends."""
    orders = [_order(row) for row in await connection.fetch(SQL["lock_orders"], list(order_ids))]
    return {order.order_id: order for order in orders}


async def find_order_by_token(connection: Connection, token: str) -> Order | None:
    # A hash opens nothing: it is as long as no link is.
    in_clear = token if len(token) < len(stored_link(token)) else ""
    return _found(await connection.fetchrow(SQL["find_order_by_token"], [stored_link(token), in_clear]))


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


async def write_orders(connection: Connection, orders: Sequence[Order]) -> None:
    """Writes what has become of locked orders: their states, and what payments says of them."""
    await connection.execute(
        SQL["write_orders"],
        [order.order_id for order in orders],
        [order.status for order in orders],
        [order.version for order in orders],
        [order.intent_version for order in orders],
        [order.reference for order in orders],
        [order.qr_payload for order in orders],
        [order.bank_name for order in orders],
        [order.account_number for order in orders],
        [order.account_name for order in orders],
        [order.paid_vnd for order in orders],
        [order.amount_state for order in orders],
        [order.timing for order in orders],
    )


def _found(row: Record | None) -> Order | None:
    return None if row is None else _order(row)


def _order(row: Record) -> Order:
    lines = msgspec.json.decode(row["lines"], type=tuple[PricedLine, ...])
    return msgspec.convert({**dict(row), "lines": lines}, Order)
