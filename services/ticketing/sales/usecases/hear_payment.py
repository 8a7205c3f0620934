"""What payments says of an order: where to pay, that some money came, that all of it came."""

from datetime import datetime

from services.ticketing.catalogue.domain.calendar import held_days, is_over
from services.ticketing.sales.domain.orders import FINAL, change_status
from services.ticketing.sales.events import told_order
from services.ticketing.sales.store.orders import (
    Order,
    hold_places,
    lock_order,
    note_payment,
    sell_places,
    set_order_status,
)
from services.ticketing.sales.usecases.issue_tickets import Office, issue_tickets
from shared.events.payments import IntentEvent, PaymentSettled
from shared.events.ticketing import OrderUnfulfilled
from shared.unit.unit import Tx


async def note_intent(tx: Tx, event: IntentEvent, now: datetime) -> None:
    """Shows the payer what payments knows. Charges of owners are no orders of ours."""
    if event.channel == "owner":
        return
    order = await lock_order(tx.connection, event.order_id)
    if order is not None and await note_payment(tx.connection, event):
        tx.touch("order", order.token)


async def settle_order(tx: Tx, event: PaymentSettled, now: datetime, *, office: Office) -> None:
    """Issues the tickets of a paid order; if the money came late, only while the visit can begin and has places."""
    if event.channel == "owner":
        return
    order = await lock_order(tx.connection, event.order_id)
    if order is None or not await note_payment(tx.connection, event):
        return
    tx.touch("order", order.token)
    # Cancelled while the money was on its way: payments heard that too, or will, and frees the money.
    if order.status in FINAL:
        return
    product = office.catalogue().products[order.product_id]
    days = held_days(product, order.visit_on, order.nights)
    if order.status != "placed":
        is_too_late = is_over(office.catalogue().calendar_of(order.venue_id), order.visit_on, now)
        if is_too_late or not await hold_places(tx.connection, product, days, order.people):
            await _leave_unfulfilled(tx, order, office, now)
            return
    await sell_places(tx.connection, order.product_id, days, order.people)
    await issue_tickets(tx, order, office, now)


async def _leave_unfulfilled(tx: Tx, order: Order, office: Office, now: datetime) -> None:
    status = change_status(order.status, "unfulfilled")
    version = await set_order_status(tx.connection, order.order_id, status)
    venue = office.catalogue().venues[order.venue_id]
    tx.emit(told_order(OrderUnfulfilled, order, venue, now, status=status, version=version))
