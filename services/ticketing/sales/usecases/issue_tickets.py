"""Turns a paid or free order into signed tickets. Called by other use-cases, inside their transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.short_code import draw
from services.ticketing.codes.ticket_code import FLAG_EVIDENCE, Claims, sign
from services.ticketing.sales.domain.orders import PlannedTicket, change_status, plan_tickets
from services.ticketing.sales.events import told_order
from services.ticketing.sales.store.orders import Order, set_order_status
from services.ticketing.sales.store.tickets import Ticket, insert_tickets
from shared.events.ticketing import TicketsIssued
from shared.ids import TicketId, uuid7
from shared.unit.unit import Tx


@dataclass(frozen=True, slots=True)
class TicketSigner:
    """The key that signs new tickets; its id stands in each of them."""

    key_id: int
    private_key: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Office:
    """What issuing needs besides the order: today's catalogue and the signing key."""

    catalogue: Callable[[], Catalogue]
    signer: TicketSigner


async def issue_tickets(tx: Tx, order: Order, office: Office, now: datetime) -> None:
    """Issues every ticket of a locked order whose places are sold, and says so."""
    catalogue = office.catalogue()
    change_status(order.status, "ticketed")
    planned = plan_tickets(
        catalogue.products[order.product_id], order.priced, order.ticket_mode, catalogue.evidence_categories
    )
    tickets = [_ticket(order, plan, catalogue, office.signer, now) for plan in planned]
    version = await set_order_status(tx.connection, order.order_id, "ticketed")
    await insert_tickets(tx.connection, order, tickets, now)
    event = told_order(
        TicketsIssued,
        order,
        catalogue.venues[order.venue_id],
        now,
        status="ticketed",
        version=version,
        ticket_ids=tuple(ticket.ticket_id for ticket in tickets),
    )
    tx.emit(event)
    tx.touch("order", order.token)
    tx.touch("venue", order.venue_id)


def _ticket(order: Order, plan: PlannedTicket, catalogue: Catalogue, signer: TicketSigner, now: datetime) -> Ticket:
    ticket_id = TicketId(uuid7())
    claims = Claims(
        key_id=signer.key_id,
        ticket_id=ticket_id,
        venue_number=catalogue.venues[order.venue_id].number,
        product_number=catalogue.products[order.product_id].number,
        first_day=plan.first_day,
        days=plan.days,
        admits=plan.admits,
        flags=FLAG_EVIDENCE if plan.needs_evidence else 0,
    )
    return Ticket(
        ticket_id=ticket_id,
        order_id=order.order_id,
        position=plan.position,
        venue_id=order.venue_id,
        product_id=order.product_id,
        category=next(iter(plan.people)) if len(plan.people) == 1 else "mixed",
        price_kind=plan.price_kind,
        code=sign(claims, signer.private_key),
        short_code=draw(),
        valid_from=plan.first_day,
        days=plan.days,
        admits=plan.admits,
        issued_at=now,
    )
