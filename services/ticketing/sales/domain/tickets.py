"""Tickets: how an order is cut into them, and what is true of one. No signature is made and no gate decides here."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.ticketing.catalogue.domain.calendar import held_days
from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.sales.domain.places import Places
from services.ticketing.sales.domain.pricing import PricedOrder
from shared.errors import DomainError
from shared.events.words import PriceKind, TicketMode, TicketStatus
from shared.ids import OrderId, ProductId, TicketId, VenueId


class WrongTicketMode(DomainError):
    """The product has no tickets of that kind."""

    code = "wrong_ticket_mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An issued ticket: the signed code, the short code, and how many of its people are in."""

    ticket_id: TicketId
    order_id: OrderId
    position: int
    venue_id: VenueId
    product_id: ProductId
    category: str
    price_kind: PriceKind
    code: str
    short_code: str
    valid_from: date
    days: int
    admits: int
    admitted: int = 0
    status: TicketStatus = "valid"
    revoked_reason: str | None = None
    issued_at: datetime
    version: int = 1

    @property
    def is_revoked(self) -> bool:
        return self.status == "revoked"

    @property
    def unused(self) -> int:
        """How many of its people are not in."""
        return self.admits - self.admitted

    def places_of(self, people: int) -> Places:
        """The places that it bought for so many. A stay's ticket is good for a day more than its nights."""
        return Places(self.product_id, held_days(self.valid_from, self.days - 1), people)

    def let_in(self, people: int) -> "Ticket":
        """The ticket after a scan that it covered, or after one that it did not cover and so counts 0 people."""
        assert self.admitted + people <= self.admits
        return replace(self, admitted=self.admitted + people, version=self.version + 1)

    def revoked(self, reason: str) -> "Ticket":
        """The ticket out of use; whoever is inside stays inside."""
        return replace(self, status="revoked", revoked_reason=reason, version=self.version + 1)


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

    @property
    def category(self) -> str:
        """The one category of its people, or "mixed"."""
        return next(iter(self.people)) if len(self.people) == 1 else "mixed"


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
