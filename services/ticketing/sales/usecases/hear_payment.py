"""What payments says of an order: where to pay, that some money came, that all of it came."""

from collections.abc import Callable
from datetime import datetime

from services.ticketing.catalogue.domain.calendar import is_over
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.places import PAID
from services.ticketing.sales.events import lines_of, order_event
from services.ticketing.sales.store.orders import lock_order, note_payment, set_order_status
from services.ticketing.sales.store.places import hold_places, sell_places
from services.ticketing.sales.usecases.issue_tickets import issue_tickets
from shared.errors import DataFault
from shared.events.payments import IntentEvent, PaymentSettled
from shared.events.ticketing import OrderUnfulfilled
from shared.unit.unit import Tx


async def note_intent(tx: Tx, event: IntentEvent, now: datetime) -> None:
    """Shows the payer what payments knows. Charges of owners are no orders of ours."""
    if event.channel == "owner":
        return
    order = await lock_order(tx.connection, event.order_id)
    if order is None:
        return
    _refuse_what_contradicts(order, event)
    if await note_payment(tx.connection, event):
        tx.touch("order", str(order.order_id))


async def settle_order(
    tx: Tx, event: PaymentSettled, now: datetime, *, catalogue: Callable[[], Catalogue], signer: TicketSigner
) -> None:
    """Issues the tickets of a paid order; if the money came late, only while the visit can begin and has places."""
    if event.channel == "owner":
        return
    order = await lock_order(tx.connection, event.order_id)
    if order is None:
        return
    _refuse_what_contradicts(order, event)
    if event.paid_vnd != event.amount_vnd:
        raise DataFault("settled_without_the_money", f"{event.order_id}: {event.paid_vnd} of {event.amount_vnd}")
    if not await note_payment(tx.connection, event):
        return
    tx.touch("order", str(order.order_id))
    # Cancelled while the money was on its way: payments heard that too, or will, and frees the money.
    if not order.waits_for_money:
        return
    if not order.holds_places and not await _hold_again(tx, order, catalogue(), now):
        unfulfilled = order.moved_to("unfulfilled")
        await set_order_status(tx.connection, unfulfilled)
        tx.emit(order_event(OrderUnfulfilled, unfulfilled, catalogue().venues[order.venue_id], now))
        return
    await sell_places(tx.connection, order.places)
    await issue_tickets(tx, order, catalogue(), signer, now)


def _refuse_what_contradicts(order: Order, event: IntentEvent) -> None:
    """Payments says back what we said to it. A word about another amount, venue or price buys nothing here."""
    ours = {"amount_vnd": order.total_vnd, "venue_id": order.venue_id, "lines": lines_of(order)}
    told = {"amount_vnd": event.amount_vnd, "venue_id": event.place.venue_id, "lines": event.lines}
    if differing := [name for name in ours if ours[name] != told[name]]:
        raise DataFault("contradicts_order", f"{event.order_id}: {', '.join(differing)}")


async def _hold_again(tx: Tx, order: Order, catalogue: Catalogue, now: datetime) -> bool:
    """Whether the places of an expired order could be held once more, for a visit that can still begin."""
    if is_over(catalogue.calendar_of(order.venue_id), order.visit_on, now):
        return False
    return await hold_places(tx.connection, order.places, catalogue.products[order.product_id].daily_capacity, PAID)
