"""What a visitor sees of orders and tickets. Pure: rows in, views out."""

from dataclasses import dataclass
from datetime import date, datetime

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Category
from services.ticketing.codes.short_code import ShortCode, grouped
from services.ticketing.sales.domain.pricing import PricedLine
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.usecases.see_order import SeenOrder
from shared.events.words import OrderStatus
from shared.ids import OrderId, TicketId
from shared.money import Dong


@dataclass(frozen=True, slots=True)
class LineView:
    """One price of an order in words. count is people, or people times nights of a stay; staff may ask for a paper."""

    name: dict[str, str]
    people: int
    count: int
    unit_price_vnd: Dong
    total_vnd: Dong
    needs_evidence: bool


@dataclass(frozen=True, slots=True)
class TicketView:
    ticket_id: TicketId
    code: str
    short_code: str
    category: str
    category_name: dict[str, str]
    valid_from: date
    days: int
    admits: int
    admitted: int
    status: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and its payment. leaves_on is the visit's day where there are no nights.

    `ready` says that the payer can pay now; expires_in_s is 0 or more.
    """

    order_id: OrderId
    token: str
    venue_id: str
    venue_vi: str
    venue_en: str
    status: OrderStatus
    visit_on: date
    nights: int
    leaves_on: date
    people: int
    lines: list[LineView]
    total_vnd: Dong
    paid_vnd: Dong
    due_vnd: Dong
    amount_state: str
    timing: str
    expires_at: datetime
    expires_in_s: int
    ready: bool
    cancellable: bool
    reference: str | None
    qr_payload: str | None
    bank_name: str | None
    account_number: str | None
    account_name: str | None
    tickets: list[TicketView]


def view_of(seen: SeenOrder, catalogue: Catalogue, now: datetime) -> OrderView:
    order, tickets = seen.order, seen.tickets
    venue = catalogue.venues[order.venue_id]
    return OrderView(
        order_id=order.order_id,
        token=seen.token,
        venue_id=order.venue_id,
        venue_vi=venue.name_vi,
        venue_en=venue.name_en,
        status=order.status,
        visit_on=order.visit_on,
        nights=order.nights,
        leaves_on=order.leaves_on,
        people=order.people,
        lines=[_line(line, catalogue) for line in order.lines],
        total_vnd=order.total_vnd,
        paid_vnd=order.paid_vnd,
        due_vnd=order.due_vnd,
        amount_state=order.amount_state,
        timing=order.timing,
        expires_at=order.expires_at,
        expires_in_s=max(0, int((order.expires_at - now).total_seconds())),
        ready=order.is_payable,
        cancellable=order.is_cancellable,
        reference=order.reference,
        qr_payload=order.qr_payload,
        bank_name=order.bank_name,
        account_number=order.account_number,
        account_name=order.account_name,
        tickets=[_ticket(ticket, catalogue) for ticket in tickets],
    )


def _line(line: PricedLine, catalogue: Catalogue) -> LineView:
    return LineView(
        name=_category_names(line.category, catalogue),
        people=line.people,
        count=line.count,
        unit_price_vnd=line.unit_price_vnd,
        total_vnd=line.total_vnd,
        needs_evidence=line.category in catalogue.evidence_categories,
    )


def _category_names(category: Category, catalogue: Catalogue) -> dict[str, str]:
    known = catalogue.categories.get(category)
    return {"vi": known.name_vi, "en": known.name_en} if known else {"vi": category, "en": category}


def _ticket(ticket: Ticket, catalogue: Catalogue) -> TicketView:
    return TicketView(
        ticket.ticket_id,
        ticket.code,
        grouped(ShortCode(ticket.short_code)),
        ticket.category,
        _category_names(Category(ticket.category), catalogue),
        ticket.valid_from,
        ticket.days,
        ticket.admits,
        ticket.admitted,
        ticket.status,
    )
