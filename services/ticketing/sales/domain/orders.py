"""Orders: their states, deadlines, places and money. No price, no signature, and no database is asked here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.ticketing.catalogue.domain.calendar import held_days
from services.ticketing.sales.domain.places import Places
from services.ticketing.sales.domain.pricing import PricedLine, PricedOrder
from shared.errors import Conflict
from shared.events.words import AmountState, Channel, OrderStatus, TicketMode, Timing
from shared.ids import OrderId, ProductId, VenueId
from shared.money import ZERO, Dong
from shared.qr.banks import FACE_CHECK_FROM_VND

# What somebody holds places or tickets by can be undone by an operator.
# An expired order still waits for late money: it gets its tickets if there are places again, else it is unfulfilled.
# Whoever gives it up instead has the part back that came. A ticketed one can be given up if it cost nothing.
_NEXT: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    "placed": frozenset({"ticketed", "expired", "cancelled", "undone"}),
    "expired": frozenset({"ticketed", "unfulfilled", "cancelled"}),
    "ticketed": frozenset({"cancelled", "undone"}),
    "cancelled": frozenset(),
    "unfulfilled": frozenset(),
    "undone": frozenset(),
}
FINAL: frozenset[OrderStatus] = frozenset(status for status, following in _NEXT.items() if not following)

# Open unpaid orders that one address may have, and how many more for each that was paid from there in the last hour.
OPEN_OF_ADDRESS, OPEN_FOR_EACH_PAID = 10, 2
# An order is open for little more than an hour, and another before it has been paid: older ones count no more.
ADDRESS_COUNTS_FOR = timedelta(hours=3)
PAID_COUNTS_FOR = timedelta(hours=1)
PAY_WITHIN = timedelta(minutes=15)
PAY_LARGE_WITHIN = timedelta(minutes=60)
# Money sent in the last second still has to come through the bank and Kafka.
HOLD_GRACE = timedelta(minutes=2)


class WrongOrderStatus(Conflict):
    """The order is in a state from which the wanted one cannot be reached."""

    code = "wrong_order_status"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one buyer wants. From `reference` on it is what payments said, newest `intent_version`."""

    order_id: OrderId
    venue_id: VenueId
    product_id: ProductId
    status: OrderStatus
    lines: tuple[PricedLine, ...]
    total_vnd: Dong
    visit_on: date
    nights: int
    people: int
    ticket_mode: TicketMode
    channel: Channel
    business_date: date
    expires_at: datetime
    hold_until: datetime
    placed_at: datetime
    trace_id: str
    version: int
    intent_version: int = 0
    reference: str | None = None
    qr_payload: str | None = None
    bank_name: str | None = None
    account_number: str | None = None
    account_name: str | None = None
    paid_vnd: Dong = ZERO
    amount_state: AmountState = "none"
    timing: Timing = "on_time"

    @property
    def places(self) -> Places:
        """The places that it takes while it holds some: held, sold and given back as this one value."""
        free = self.people if self.is_free else 0
        return Places(self.product_id, held_days(self.visit_on, self.nights), self.people, free)

    @property
    def holds_places(self) -> bool:
        """An expired order gave its places back, and a ticketed one has bought them."""
        return self.status == "placed"

    @property
    def leaves_on(self) -> date:
        """The day of departure, which is the visit's day where there are no nights."""
        return self.visit_on + timedelta(days=self.nights)

    @property
    def due_vnd(self) -> Dong:
        return Dong(self.total_vnd - self.paid_vnd)

    @property
    def is_free(self) -> bool:
        """Nothing is due, so tickets are issued at once and no intent is opened."""
        return self.total_vnd == ZERO

    @property
    def is_payable(self) -> bool:
        """Whether payments has said where to pay."""
        return self.qr_payload is not None

    @property
    def is_cancellable(self) -> bool:
        """Whether the buyer may give it up: not once its money bought something, or waits to go back."""
        return "cancelled" in _NEXT[self.status] and (self.is_free or not self.has_tickets)

    @property
    def is_undoable(self) -> bool:
        return "undone" in _NEXT[self.status]

    @property
    def has_tickets(self) -> bool:
        return self.status == "ticketed"

    @property
    def waits_for_money(self) -> bool:
        """Whether money that comes can still turn it into tickets."""
        return "ticketed" in _NEXT[self.status]

    @property
    def priced(self) -> PricedOrder:
        return PricedOrder(self.product_id, self.visit_on, self.nights, self.lines)

    def moved_to(self, wanted: OrderStatus) -> "Order":
        """The order in its next state and version; raises WrongOrderStatus if it may not go there."""
        return replace(self, status=change_status(self.status, wanted), version=self.version + 1)


def change_status(current: OrderStatus, wanted: OrderStatus) -> OrderStatus:
    """The wanted status, if the order may go there; raises WrongOrderStatus."""
    if wanted not in _NEXT[current]:
        raise WrongOrderStatus(status=current, wanted=wanted)
    return wanted


def pay_until(total_vnd: Dong, placed_at: datetime) -> datetime:
    """The payer's deadline: the bank's time may not be later, `expires_at` in events."""
    return placed_at + (PAY_LARGE_WITHIN if total_vnd >= FACE_CHECK_FROM_VND else PAY_WITHIN)


def hold_until(expires_at: datetime) -> datetime:
    """The instant until which places stay held, later than the payer's deadline."""
    return expires_at + HOLD_GRACE
