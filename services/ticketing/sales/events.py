"""Orders and tickets as the events that tell of them."""

from datetime import datetime
from typing import TypeVar

import msgspec

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.sales.store.orders import Order
from services.ticketing.sales.store.tickets import Ticket
from shared.clock import local_date
from shared.events.common import Place
from shared.events.ticketing import OrderEvent, TicketEvent

O = TypeVar("O", bound=OrderEvent)  # noqa: E741 - the bound says what it is
T = TypeVar("T", bound=TicketEvent)


def place_of(venue: Venue) -> Place:
    return Place(
        venue_id=venue.venue_id,
        old_district_code=venue.old_district_code,
        new_commune_code=venue.new_commune_code,
    )


def told_order(kind: type[O], order: Order, venue: Venue, now: datetime, **more: object) -> O:
    """The whole public state of an order as an event; `more` are the fields that only this kind of event has."""
    state = _fields(order) | {
        "place": place_of(venue),
        "lines": order.event_lines,
        "group_size": order.people,
        "occurred_at": now,
        "recorded_at": now,
        **more,
    }
    return msgspec.convert(state, kind)


def told_ticket(kind: type[T], ticket: Ticket, venue: Venue, occurred_at: datetime, now: datetime, **more: object) -> T:
    """The whole public state of a ticket as an event; the business date is that of the occurrence."""
    state = _fields(ticket) | {
        "place": place_of(venue),
        "business_date": local_date(occurred_at),
        "occurred_at": occurred_at,
        "recorded_at": now,
        **more,
    }
    return msgspec.convert(state, kind)


def _fields(row: msgspec.Struct) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__struct_fields__}
