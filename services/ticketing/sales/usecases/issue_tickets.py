"""Turns a paid or free order into signed tickets. Called by other use-cases, inside their transaction."""

from datetime import datetime

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.codes.short_code import draw
from services.ticketing.codes.ticket_code import FLAG_EVIDENCE, Claims, sign
from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.tickets import PlannedTicket, Ticket, plan_tickets
from services.ticketing.sales.events import tickets_issued
from services.ticketing.sales.states import touch_order
from shared.ids import TicketId, uuid7
from shared.unit.tx import Tx


def issue_tickets(
    tx: Tx, paid: Order, catalogue: Catalogue, signer: TicketSigner, now: datetime
) -> tuple[Order, list[Ticket]]:
    """The order whose places are sold, with every ticket of it, as said; whoever locked the order writes both."""
    order = paid.moved_to("ticketed")
    product = catalogue.products[order.product_id]
    planned = plan_tickets(product, order.priced, order.ticket_mode, catalogue.evidence_categories)
    tickets = [_ticket(order, plan, _claims(order, plan, catalogue, signer), signer, now) for plan in planned]
    ticket_ids = tuple(ticket.ticket_id for ticket in tickets)
    tx.emit(tickets_issued(order, ticket_ids, catalogue.venues[order.venue_id], now))
    touch_order(tx, order, tickets)
    tx.touch("venue", order.venue_id)
    return order, tickets


def _claims(order: Order, plan: PlannedTicket, catalogue: Catalogue, signer: TicketSigner) -> Claims:
    return Claims(
        key_id=signer.key_id,
        ticket_id=TicketId(uuid7()),
        venue_number=catalogue.venues[order.venue_id].number,
        product_number=catalogue.products[order.product_id].number,
        first_day=plan.first_day,
        days=plan.days,
        admits=plan.admits,
        flags=FLAG_EVIDENCE if plan.needs_evidence else 0,
    )


def _ticket(order: Order, plan: PlannedTicket, claims: Claims, signer: TicketSigner, now: datetime) -> Ticket:
    """What is stored says what is signed: whom the ticket admits, and when, is taken from its claims."""
    return Ticket(
        ticket_id=claims.ticket_id,
        order_id=order.order_id,
        position=plan.position,
        venue_id=order.venue_id,
        product_id=order.product_id,
        category=plan.category,
        price_kind=plan.price_kind,
        code=sign(claims, signer.private_key),
        short_code=draw(),
        valid_from=claims.first_day,
        days=claims.days,
        admits=claims.admits,
        issued_at=now,
    )
