"""Frees the places of orders that were not paid in time. Runs as a timer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.ticketing.catalogue.domain.calendar import held_days
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.sales.domain.orders import change_status
from services.ticketing.sales.events import told_order
from services.ticketing.sales.store.orders import lock_due_orders, release_places, set_order_status
from shared.events.ticketing import OrderExpired
from shared.unit.unit import Tx


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """paid_known_until: every payment that was told before this instant is known; what is due later may be paid."""

    paid_known_until: datetime


async def expire_orders(tx: Tx, command: ExpireOrders, now: datetime, *, catalogue: Callable[[], Catalogue]) -> int:
    """Expires up to 100 orders whose hold is over; how many."""
    due = await lock_due_orders(tx.connection, min(now, command.paid_known_until))
    offer = catalogue()
    # By product and day, so that two of these never wait for each other.
    for order in sorted(due, key=lambda order: (order.product_id, order.visit_on, order.order_id)):
        days = held_days(offer.products[order.product_id], order.visit_on, order.nights)
        await release_places(tx.connection, order.product_id, days, order.people)
        status = change_status(order.status, "expired")
        version = await set_order_status(tx.connection, order.order_id, status)
        venue = offer.venues[order.venue_id]
        tx.emit(told_order(OrderExpired, order, venue, now, status=status, version=version))
        tx.touch("order", order.token)
    return len(due)
