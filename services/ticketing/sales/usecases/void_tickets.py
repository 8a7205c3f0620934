"""Takes tickets out of use and gives their places back. Called by use-cases, inside their transaction."""

from datetime import datetime

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.events import ticket_revoked
from services.ticketing.sales.states import watched_order
from services.ticketing.sales.store.places import return_places
from services.ticketing.sales.store.tickets import lock_tickets_of_order, revoke_ticket
from shared.unit.tx import Tx


async def void_tickets(tx: Tx, order: Order, reason: str, venue: Venue, now: datetime) -> bool:
    """Revokes all tickets of a locked order; False, and nothing is changed, if somebody was let in by one of them."""
    tickets = await lock_tickets_of_order(tx.connection, order.order_id)
    if any(ticket.admitted for ticket in tickets):
        return False
    for ticket in tickets:
        if not ticket.is_revoked:
            await void_ticket(tx, ticket, reason, venue, now)
    tx.touch(*watched_order(order.order_id))
    return True


async def void_ticket(tx: Tx, valid: Ticket, reason: str, venue: Venue, now: datetime) -> None:
    """Revokes a locked ticket and gives back the places that nobody has used."""
    ticket = valid.revoked(reason)
    await revoke_ticket(tx.connection, ticket)
    await give_back(tx, ticket, ticket.unused)
    tx.emit(ticket_revoked(ticket, reason, venue, now))
    tx.touch("venue", ticket.venue_id)


async def give_back(tx: Tx, ticket: Ticket, people: int) -> None:
    """Gives back the places of so many whom a revoked ticket admits no more, and who are not in."""
    assert ticket.is_revoked
    await return_places(tx.connection, ticket.places_of(people), ticket.order_id)
