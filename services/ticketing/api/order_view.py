"""What a visitor sees of venues, orders and tickets. Pure: rows in, views out."""

from dataclasses import dataclass
from datetime import date, datetime

from services.ticketing.domain.catalogue import Venue
from services.ticketing.domain.orders import OrderStatus
from services.ticketing.domain.short_code import ShortCode, grouped
from services.ticketing.store.catalogue import Catalogue
from services.ticketing.store.orders import Order
from services.ticketing.store.tickets import Ticket
from shared.ids import OrderId, ProductId, TicketId
from shared.money import Dong


@dataclass(frozen=True, slots=True)
class VenueCard:
    """A venue in the list; from_vnd is its adult or first price, None where nothing is sold."""

    venue: Venue
    product_id: ProductId | None
    from_vnd: Dong | None
    demo_price: bool
    open_today: bool


@dataclass(frozen=True, slots=True)
class TicketView:
    ticket_id: TicketId
    code: str
    short_code: str
    category: str
    valid_from: date
    days: int
    admits: int
    admitted: int
    status: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order and its payment. `ready` says that the payer can pay now; expires_in_s is 0 or more."""

    order_id: OrderId
    token: str
    venue_id: str
    venue_vi: str
    venue_en: str
    status: OrderStatus
    visit_on: date
    nights: int
    people: int
    total_vnd: Dong
    paid_vnd: Dong
    due_vnd: Dong
    amount_state: str
    timing: str
    expires_at: datetime
    expires_in_s: int
    ready: bool
    reference: str | None
    qr_payload: str | None
    bank_name: str | None
    account_number: str | None
    account_name: str | None
    tickets: list[TicketView]


def venue_cards(catalogue: Catalogue, today: date) -> list[VenueCard]:
    """All venues, those that sell first."""
    cards = [_card(venue, catalogue, today) for venue in catalogue.venues.values()]
    return sorted(cards, key=lambda card: card.product_id is None)


def view_of(order: Order, tickets: list[Ticket], catalogue: Catalogue, now: datetime) -> OrderView:
    venue = catalogue.venues[order.venue_id]
    return OrderView(
        order_id=order.order_id,
        token=order.token,
        venue_id=order.venue_id,
        venue_vi=venue.name_vi,
        venue_en=venue.name_en,
        status=order.status,
        visit_on=order.visit_on,
        nights=order.nights,
        people=order.people,
        total_vnd=order.total_vnd,
        paid_vnd=order.paid_vnd,
        due_vnd=Dong(order.total_vnd - order.paid_vnd),
        amount_state=order.amount_state,
        timing=order.timing,
        expires_at=order.expires_at,
        expires_in_s=max(0, int((order.expires_at - now).total_seconds())),
        ready=order.qr_payload is not None,
        reference=order.reference,
        qr_payload=order.qr_payload,
        bank_name=order.bank_name,
        account_number=order.account_number,
        account_name=order.account_name,
        tickets=[_ticket(ticket) for ticket in tickets],
    )


def _card(venue: Venue, catalogue: Catalogue, today: date) -> VenueCard:
    products = catalogue.products_of(venue.venue_id)
    tariffs = [t for p in products[:1] for t in catalogue.tariffs_of(p.product_id) if t.holds_on(today)]
    dearest = max(tariffs, key=lambda tariff: tariff.price_vnd, default=None)
    return VenueCard(
        venue,
        products[0].product_id if products else None,
        None if dearest is None else dearest.price_vnd,
        dearest is not None and not dearest.verified,
        catalogue.calendar_of(venue.venue_id).is_open(today),
    )


def _ticket(ticket: Ticket) -> TicketView:
    return TicketView(
        ticket.ticket_id,
        ticket.code,
        grouped(ShortCode(ticket.short_code)),
        ticket.category,
        ticket.valid_from,
        ticket.days,
        ticket.admits,
        ticket.admitted,
        ticket.status,
    )
