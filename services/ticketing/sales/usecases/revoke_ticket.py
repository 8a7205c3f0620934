"""Takes a ticket out of use, with a reason that gate staff will read, and gives its places back."""

from dataclasses import dataclass
from datetime import datetime

from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.sales.states import watched_order
from services.ticketing.sales.store.tickets import lock_ticket
from services.ticketing.sales.usecases.void_tickets import void_ticket
from shared.errors import NotFound
from shared.ids import TicketId
from shared.unit.tx import Tx


class UnknownTicket(NotFound):
    """There is no ticket of that id."""

    code = "unknown_ticket"


@dataclass(frozen=True, slots=True)
class RevokeTicket:
    ticket_id: TicketId
    reason: str


async def revoke_ticket(tx: Tx, command: RevokeTicket, now: datetime) -> bool:
    """True if it was valid until now; revoking twice changes nothing."""
    found = await lock_ticket(tx.connection, command.ticket_id)
    if found is None:
        raise UnknownTicket
    if found.is_revoked:
        return False
    venue = (await read_catalogue(tx.connection)).venues[found.venue_id]
    await void_ticket(tx, found, command.reason, venue, now)
    tx.touch(*watched_order(found.order_id))
    return True
