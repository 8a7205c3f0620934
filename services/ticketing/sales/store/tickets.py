"""Tickets as rows."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from services.ticketing.sales.store import SQL
from services.ticketing.sales.store.orders import Order
from shared.events.words import PriceKind, TicketStatus
from shared.ids import OrderId, ProductId, TicketId, VenueId
from shared.storage.db import Connection, Record


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """A row of tickets: the signed code, the short code, and how many of its people are in."""

    ticket_id: TicketId
    order_id: OrderId
    position: int
    venue_id: VenueId
    product_id: ProductId
    category: str
    price_kind: PriceKind
    code: str
    short_code: str
    valid_from: date
    days: int
    admits: int
    admitted: int = 0
    status: TicketStatus = "valid"
    revoked_reason: str | None = None
    issued_at: datetime
    version: int = 1


async def insert_tickets(connection: Connection, order: Order, tickets: Sequence[Ticket], now: datetime) -> None:
    """All tickets of an order at once; (order_id, position) is unique, so they exist once."""
    await connection.execute(
        SQL["insert_tickets"],
        [ticket.ticket_id for ticket in tickets],
        order.order_id,
        order.venue_id,
        order.product_id,
        order.visit_on,
        now,
        [ticket.position for ticket in tickets],
        [ticket.category for ticket in tickets],
        [ticket.price_kind for ticket in tickets],
        [ticket.code for ticket in tickets],
        [ticket.short_code for ticket in tickets],
        [ticket.days for ticket in tickets],
        [ticket.admits for ticket in tickets],
    )


async def tickets_of_order(connection: Connection, order_id: OrderId) -> list[Ticket]:
    return [ticket_of(row) for row in await connection.fetch(SQL["tickets_of_order"], order_id)]


async def lock_ticket(connection: Connection, ticket_id: TicketId) -> Ticket | None:
    row = await connection.fetchrow(SQL["lock_ticket"], ticket_id)
    return None if row is None else ticket_of(row)


async def revoke_ticket(connection: Connection, ticket_id: TicketId, reason: str) -> bool:
    """True if it was valid until now."""
    return bool(await connection.fetchval(SQL["revoke_ticket"], ticket_id, reason))


def ticket_of(row: Record) -> Ticket:
    return msgspec.convert(dict(row), Ticket)
