"""Tickets as rows."""

from collections.abc import Sequence

import msgspec

from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store import SQL
from shared.ids import OrderId, TicketId
from shared.storage.db import Connection, Record


async def insert_tickets(connection: Connection, tickets: Sequence[Ticket]) -> None:
    """New tickets as they are, each column from the ticket itself; (order, position) is unique, so they exist once."""
    await connection.execute(
        SQL["insert_tickets"],
        [ticket.ticket_id for ticket in tickets],
        [ticket.order_id for ticket in tickets],
        [ticket.position for ticket in tickets],
        [ticket.venue_id for ticket in tickets],
        [ticket.product_id for ticket in tickets],
        [ticket.category for ticket in tickets],
        [ticket.price_kind for ticket in tickets],
        [ticket.code for ticket in tickets],
        [ticket.short_code for ticket in tickets],
        [ticket.valid_from for ticket in tickets],
        [ticket.days for ticket in tickets],
        [ticket.admits for ticket in tickets],
        [ticket.issued_at for ticket in tickets],
    )


async def tickets_of_order(connection: Connection, order_id: OrderId) -> list[Ticket]:
    return [ticket_of(row) for row in await connection.fetch(SQL["tickets_of_order"], order_id)]


async def lock_ticket(connection: Connection, ticket_id: TicketId) -> Ticket | None:
    """The ticket, its row locked until the transaction ends."""
    row = await connection.fetchrow(SQL["lock_ticket"], ticket_id)
    return None if row is None else ticket_of(row)


async def lock_tickets(connection: Connection, ticket_ids: Sequence[TicketId]) -> dict[TicketId, Ticket]:
    """Those of the tickets that there are, their rows locked until the transaction ends."""
    tickets = [ticket_of(row) for row in await connection.fetch(SQL["lock_tickets"], ticket_ids)]
    return {ticket.ticket_id: ticket for ticket in tickets}


async def lock_tickets_of_order(connection: Connection, order_id: OrderId) -> list[Ticket]:
    """All of an order, their rows locked until the transaction ends."""
    return [ticket_of(row) for row in await connection.fetch(SQL["lock_tickets_of_order"], order_id)]


async def revoke_ticket(connection: Connection, ticket: Ticket) -> None:
    """Writes that a locked ticket was revoked."""
    await connection.execute(
        SQL["revoke_ticket"], ticket.ticket_id, ticket.status, ticket.revoked_reason, ticket.version
    )


def ticket_of(row: Record) -> Ticket:
    return msgspec.convert(dict(row), Ticket)
