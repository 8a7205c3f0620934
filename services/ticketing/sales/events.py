"""Orders and tickets as the events that tell of them: every field by its name, nothing private among them."""

from datetime import datetime
from typing import TypeVar

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.catalogue.events import place_of
from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.tickets import Ticket
from shared.clock import local_date
from shared.events.common import Line, lines_total
from shared.events.ticketing import (
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderUndone,
    OrderUnfulfilled,
    TicketRevoked,
    TicketsIssued,
)
from shared.ids import TicketId

# The events that say nothing but the order's state. Listed one by one, so that a checker knows all of their fields.
O = TypeVar("O", OrderPlaced, OrderExpired, OrderCancelled, OrderUnfulfilled)  # noqa: E741 - an order's event


def order_event(kind: type[O], order: Order, venue: Venue, now: datetime) -> O:
    """The whole public state of an order, as it is now."""
    assert order.status != "undone", "order_undone tells it"
    return kind(
        version=order.version,
        occurred_at=now,
        recorded_at=now,
        order_id=order.order_id,
        status=order.status,
        place=place_of(venue),
        lines=lines_of(order),
        total_vnd=order.total_vnd,
        visit_on=order.visit_on,
        nights=order.nights,
        group_size=order.people,
        channel=order.channel,
        business_date=order.business_date,
        expires_at=order.expires_at,
    )


def order_undone(order: Order, venue: Venue, now: datetime) -> OrderUndone:
    """The whole public state of an order that was undone."""
    return OrderUndone(
        version=order.version,
        occurred_at=now,
        recorded_at=now,
        order_id=order.order_id,
        status="undone",
        place=place_of(venue),
        lines=lines_of(order),
        total_vnd=order.total_vnd,
        visit_on=order.visit_on,
        nights=order.nights,
        group_size=order.people,
        channel=order.channel,
        business_date=order.business_date,
        expires_at=order.expires_at,
    )


def tickets_issued(order: Order, ticket_ids: tuple[TicketId, ...], venue: Venue, now: datetime) -> TicketsIssued:
    """The whole public state of an order, and its tickets in the order of issue."""
    assert order.status != "undone", "no ticket is issued for it"
    return TicketsIssued(
        version=order.version,
        occurred_at=now,
        recorded_at=now,
        order_id=order.order_id,
        status=order.status,
        place=place_of(venue),
        lines=lines_of(order),
        total_vnd=order.total_vnd,
        visit_on=order.visit_on,
        nights=order.nights,
        group_size=order.people,
        channel=order.channel,
        business_date=order.business_date,
        expires_at=order.expires_at,
        ticket_ids=ticket_ids,
    )


def ticket_revoked(ticket: Ticket, reason: str, venue: Venue, now: datetime) -> TicketRevoked:
    return TicketRevoked(
        version=ticket.version,
        occurred_at=now,
        recorded_at=now,
        ticket_id=ticket.ticket_id,
        order_id=ticket.order_id,
        place=place_of(venue),
        product_id=ticket.product_id,
        price_kind=ticket.price_kind,
        status=ticket.status,
        valid_from=ticket.valid_from,
        days=ticket.days,
        admits=ticket.admits,
        admitted=ticket.admitted,
        business_date=local_date(now),
        reason=reason,
    )


def lines_of(order: Order) -> tuple[Line, ...]:
    """The prices of an order as events tell them."""
    lines = tuple(
        Line(
            venue_id=line.venue_id,
            product_id=line.product_id,
            category=line.category,
            count=line.count,
            unit_price_vnd=line.unit_price_vnd,
            price_kind=line.price_kind,
            tariff_version=line.tariff_version,
        )
        for line in order.lines
    )
    assert lines_total(lines) == order.total_vnd
    return lines
