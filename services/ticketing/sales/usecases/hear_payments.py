"""What payments says of orders: where to pay, that some money came, that all of it came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.ticketing.catalogue.domain.calendar import is_over
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.places import PAID, Days
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.events import lines_of, order_event
from services.ticketing.sales.states import touch_order
from services.ticketing.sales.store.orders import lock_orders, write_orders
from services.ticketing.sales.store.places import lock_days, write_days
from services.ticketing.sales.store.tickets import insert_tickets
from services.ticketing.sales.usecases.issue_tickets import issue_tickets
from shared.errors import DataFault
from shared.events.payments import IntentEvent, PaymentSettled
from shared.events.ticketing import OrderUnfulfilled
from shared.ids import OrderId
from shared.unit.batch import One
from shared.unit.tx import Tx


async def hear_payments(
    tx: Tx,
    batch: Sequence[One[IntentEvent]],
    now: datetime,
    *,
    catalogue: Callable[[], Catalogue],
    signer: TicketSigner,
) -> list[None]:
    """Shows payers what payments knows, and issues the tickets of paid orders. Charges of owners are no orders of ours.

    If the money came late, there are tickets only while the visit can begin and has places.
    """
    ours = [one for one in batch if one.command.channel != "owner"]
    orders = await lock_orders(tx.connection, {one.command.order_id for one in ours})
    if not orders:
        return [None] * len(batch)
    heard = _Heard(tx, catalogue(), signer, now, orders)
    paid = [orders[one.command.order_id] for one in ours if _buys(one.command, orders)]
    if paid:
        capacities = {order.product_id: heard.catalogue.products[order.product_id].daily_capacity for order in paid}
        heard.days = await lock_days(tx.connection, [order.places for order in paid], capacities)
    for one in ours:
        if (order := orders.get(one.command.order_id)) is not None:
            one.follow()
            _refuse_what_contradicts(order, one.command)
            heard.hear(order, one.command)
    await heard.write()
    return [None] * len(batch)


def _buys(event: IntentEvent, orders: dict[OrderId, Order]) -> bool:
    """Whether it may turn its order into tickets, so that its days must be locked."""
    order = orders.get(event.order_id)
    return isinstance(event, PaymentSettled) and order is not None and order.waits_for_money


@dataclass(slots=True)
class _Heard:
    """Locked orders and their days, as they become word by word."""

    tx: Tx
    catalogue: Catalogue
    signer: TicketSigner
    now: datetime
    orders: dict[OrderId, Order]
    days: Days = field(default_factory=Days)
    changed: set[OrderId] = field(default_factory=set[OrderId])
    tickets: list[Ticket] = field(default_factory=list[Ticket])

    def hear(self, order: Order, event: IntentEvent) -> None:
        """An older word than the newest that is known changes nothing."""
        if event.version <= order.intent_version:
            return
        order = _told(order, event)
        # Cancelled while the money was on its way: payments heard that too, or will, and frees the money.
        if isinstance(event, PaymentSettled) and order.waits_for_money:
            order = self._fulfil(order)
        else:
            touch_order(self.tx, order)
        self.orders[order.order_id] = order
        self.changed.add(order.order_id)

    def _fulfil(self, order: Order) -> Order:
        if not order.holds_places and not self._hold_again(order):
            unfulfilled = order.moved_to("unfulfilled")
            venue = self.catalogue.venues[order.venue_id]
            self.tx.emit(order_event(OrderUnfulfilled, unfulfilled, venue, self.now))
            touch_order(self.tx, unfulfilled)
            return unfulfilled
        self.days.sell(order.places)
        ticketed, tickets = issue_tickets(self.tx, order, self.catalogue, self.signer, self.now)
        self.tickets += tickets
        return ticketed

    def _hold_again(self, order: Order) -> bool:
        """Whether the places of an expired order could be held once more, for a visit that can still begin."""
        calendar = self.catalogue.calendar_of(order.venue_id)
        return not is_over(calendar, order.visit_on, self.now) and self.days.hold(order.places, PAID)

    async def write(self) -> None:
        connection = self.tx.connection
        if self.changed:
            await write_orders(connection, [self.orders[order_id] for order_id in sorted(self.changed)])
        if self.tickets:
            await insert_tickets(connection, self.tickets)
        await write_days(connection, self.days)


def _told(order: Order, event: IntentEvent) -> Order:
    """The order after a newer word of payments."""
    return replace(
        order,
        intent_version=event.version,
        reference=event.reference,
        qr_payload=event.qr_payload,
        bank_name=event.bank_name,
        account_number=event.account_number,
        account_name=event.account_name,
        paid_vnd=event.paid_vnd,
        amount_state=event.amount_state,
        timing=event.timing,
    )


def _refuse_what_contradicts(order: Order, event: IntentEvent) -> None:
    """Payments says back what we said to it. A word about another amount, venue or price buys nothing here."""
    ours = {"amount_vnd": order.total_vnd, "venue_id": order.venue_id, "lines": lines_of(order)}
    told = {"amount_vnd": event.amount_vnd, "venue_id": event.place.venue_id, "lines": event.lines}
    if differing := [name for name in ours if ours[name] != told[name]]:
        raise DataFault("contradicts_order", f"{event.order_id}: {', '.join(differing)}")
    if isinstance(event, PaymentSettled) and event.paid_vnd != event.amount_vnd:
        raise DataFault("settled_without_the_money", f"{event.order_id}: {event.paid_vnd} of {event.amount_vnd}")
