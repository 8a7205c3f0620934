"""The life of an order: its states, its deadlines, and the tickets it becomes. No price, no calendar, no signature."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.sales.domain.pricing import PricedOrder
from shared.errors import Conflict, DomainError
from shared.events.words import OrderStatus, PriceKind, TicketMode
from shared.ids import ProductId
from shared.money import ZERO, Dong
from shared.qr.banks import FACE_CHECK_FROM_VND

# An expired order still waits for late money: it gets its tickets if there are places again, else it is unfulfilled.
# Whoever gives it up instead has the part back that came.
_NEXT: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    "placed": frozenset({"ticketed", "expired", "cancelled"}),
    "expired": frozenset({"ticketed", "unfulfilled", "cancelled"}),
    "ticketed": frozenset(),
    "cancelled": frozenset(),
    "unfulfilled": frozenset(),
}
FINAL: frozenset[OrderStatus] = frozenset(status for status, following in _NEXT.items() if not following)

PAY_WITHIN = timedelta(minutes=15)
PAY_LARGE_WITHIN = timedelta(minutes=60)
# Money sent in the last second still has to come through the bank and Kafka.
HOLD_GRACE = timedelta(minutes=2)


class WrongOrderStatus(Conflict):
    """The order is in a state from which the wanted one cannot be reached."""

    code = "wrong_order_status"


class WrongTicketMode(DomainError):
    """The product has no tickets of that kind."""

    code = "wrong_ticket_mode"


@dataclass(frozen=True, slots=True)
class PlannedTicket:
    """A ticket to be issued. (order, position) is unique, so that what is planned twice is issued once.

    Admits people, once each, on `days` local dates from first_day on. people says who they are, by category;
    needs_evidence: some of them had a reduction whose paper staff ask to see.
    """

    position: int
    product_id: ProductId
    first_day: date
    days: int
    admits: int
    people: Mapping[Category, int]
    price_kind: PriceKind
    needs_evidence: bool


def change_status(current: OrderStatus, wanted: OrderStatus) -> OrderStatus:
    """The wanted status, if the order may go there; raises WrongOrderStatus."""
    if wanted not in _NEXT[current]:
        raise WrongOrderStatus(status=current, wanted=wanted)
    return wanted


def is_cancellable(status: OrderStatus) -> bool:
    """Whether the buyer may give the order up: not once its money bought something, or waits to go back."""
    return "cancelled" in _NEXT[status]


def is_free(total_vnd: Dong) -> bool:
    """Nothing is due, so tickets are issued at once and no intent is opened."""
    return total_vnd == ZERO


def pay_until(total_vnd: Dong, placed_at: datetime) -> datetime:
    """The payer's deadline: the bank's time may not be later, `expires_at` in events."""
    return placed_at + (PAY_LARGE_WITHIN if total_vnd >= FACE_CHECK_FROM_VND else PAY_WITHIN)


def hold_until(expires_at: datetime) -> datetime:
    """The instant until which places stay held, later than the payer's deadline."""
    return expires_at + HOLD_GRACE


def plan_tickets(
    product: Product, order: PricedOrder, mode: TicketMode, evidence_categories: Collection[Category]
) -> list[PlannedTicket]:
    """The tickets of an order, always the same for the same order; together they admit its people exactly.

    per_person: one each. group: one QR with a counter, more only beyond the product's `admits`. A stay of n nights is
    valid on n + 1 days, because a guest who arrives after midnight is still to be let in.
    """
    if mode not in product.ticket_modes:
        raise WrongTicketMode(product_id=product.product_id, mode=mode)
    size = 1 if mode == "per_person" else product.admits
    days = order.nights + 1 if product.days_rule == "nights_plus_one" else 1
    heads = [category for line in order.lines for category in [line.category] * line.people]
    groups = [heads[start : start + size] for start in range(0, len(heads), size)]
    return [
        PlannedTicket(
            position=position,
            product_id=product.product_id,
            first_day=order.visit_on,
            days=days,
            admits=len(group),
            people=Counter(group),
            price_kind=order.lines[0].price_kind,
            needs_evidence=any(category in evidence_categories for category in group),
        )
        for position, group in enumerate(groups)
    ]
