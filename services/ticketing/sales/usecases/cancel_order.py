"""A visitor gives up an order that is not paid: its places are free at once, and money that came for it can go back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.ticketing.catalogue.domain.calendar import held_days
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.sales.domain.orders import change_status, is_cancellable
from services.ticketing.sales.events import told_order
from services.ticketing.sales.store.orders import lock_order, release_places, set_order_status
from shared.errors import Conflict
from shared.events.ticketing import OrderCancelled
from shared.events.words import OrderStatus
from shared.ids import OrderId
from shared.unit.unit import Tx


class OrderNotCancellable(Conflict):
    """The money was there first: the order has its tickets, or waits for its refund already."""

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
    cancelled = CancelledOrder(order.order_id, "cancelled")
    if order.status == "cancelled":
        return cancelled
    if not is_cancellable(order.status):
        raise OrderNotCancellable
    offer = catalogue()
    # An expired order gave its places back before.
    if order.status == "placed":
        days = held_days(offer.products[order.product_id], order.visit_on, order.nights)
        await release_places(tx.connection, order.product_id, days, order.people)
    status = change_status(order.status, "cancelled")
    version = await set_order_status(tx.connection, order.order_id, status)
    tx.emit(told_order(OrderCancelled, order, offer.venues[order.venue_id], now, status=status, version=version))
    tx.touch("order", order.token)
    return cancelled
