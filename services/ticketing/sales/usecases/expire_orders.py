"""Frees the places of orders that were not paid in time. Runs as a timer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.sales.events import order_event
from services.ticketing.sales.states import touch_order
from services.ticketing.sales.store.orders import lock_due_orders, set_order_status
from services.ticketing.sales.store.places import release_places
from shared.events.ticketing import OrderExpired
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """paid_known_until: every payment that was told before this instant is known; what is due later may be paid."""

    paid_known_until: datetime


async def expire_orders(tx: Tx, command: ExpireOrders, now: datetime, *, catalogue: Callable[[], Catalogue]) -> int:
    """Expires up to 100 orders whose hold is over; how many."""
    due = await lock_due_orders(tx.connection, min(now, command.paid_known_until))
    venues = catalogue().venues
    # By product and day, so that two of these never wait for each other.
    for held in sorted(due, key=lambda order: (order.product_id, order.visit_on, order.order_id)):
        await release_places(tx.connection, held.places)
        order = held.moved_to("expired")
        await set_order_status(tx.connection, order)
        tx.emit(order_event(OrderExpired, order, venues[order.venue_id], now))
        touch_order(tx, order)
    return len(due)
