"""A visitor gives up an order that is not paid: its places are free at once, and money that came for it can go back.

An order that costs nothing can be given up with its tickets, as long as nobody was let in by them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.sales.events import order_event
from services.ticketing.sales.states import touch_order
from services.ticketing.sales.store.orders import lock_order, set_order_status
from services.ticketing.sales.store.places import release_places
from services.ticketing.sales.usecases.void_tickets import void_tickets
from shared.errors import Conflict
from shared.events.ticketing import OrderCancelled
from shared.events.words import OrderStatus
from shared.ids import OrderId
from shared.unit.tx import Tx


class OrderNotCancellable(Conflict):
    """The order has tickets that were paid or used, or waits for its refund already."""

    code = "order_not_cancellable"


@dataclass(frozen=True, slots=True)
class CancelOrder:
    order_id: OrderId


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    order_id: OrderId
    status: OrderStatus


async def cancel_order(
    tx: Tx, command: CancelOrder, now: datetime, *, catalogue: Callable[[], Catalogue]
) -> CancelledOrder:
    """The order, cancelled now or before."""
    order = await lock_order(tx.connection, command.order_id)
    assert order is not None, "orders are never deleted"
    if order.status != "cancelled":
        if not order.is_cancellable:
            raise OrderNotCancellable
        if order.holds_places:
            await release_places(tx.connection, order.places)
        venue = catalogue().venues[order.venue_id]
        if order.has_tickets and not await void_tickets(tx, order, "order cancelled", venue, now):
            raise OrderNotCancellable
        order = order.moved_to("cancelled")
        await set_order_status(tx.connection, order)
        tx.emit(order_event(OrderCancelled, order, venue, now))
        touch_order(tx, order)
    return CancelledOrder(order.order_id, order.status)
