"""What every event shares: its type name, its key, its aggregate's version, and order lines.

Every event carries the whole public state of its aggregate and a version that grows by one, so that duplicates,
reordering and replay are one case: a version not newer than the known one is ignored. Never a payer's name,
account number or phone.
"""

from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from shared.events.words import PriceKind
from shared.ids import ProductId, VenueId
from shared.money import Dong

Vnd = Annotated[Dong, Meta(ge=0, le=10**13)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Version = Annotated[int, Meta(ge=1)]
At = Annotated[datetime, Meta(tz=True)]


class Event(Struct, frozen=True, kw_only=True):
    """The base of all events; `occurred_at` is when it happened out there, `recorded_at` when we learned of it."""

    TYPE: ClassVar[str]
    AGGREGATE: ClassVar[str]

    version: Version
    occurred_at: At
    recorded_at: At

    @property
    def subject(self) -> str:
        """Identifier of the aggregate, as CloudEvents' subject."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        """Kafka key: the aggregate whose order matters."""
        raise NotImplementedError


class Line(Struct, frozen=True, kw_only=True):
    """One price of an order, a charge or a cash sale. count is people, or person-nights of a stay."""

    venue_id: VenueId
    product_id: ProductId
    category: str
    count: Count
    unit_price_vnd: Vnd
    price_kind: PriceKind
    tariff_version: str


class Place(Struct, frozen=True, kw_only=True):
    """Where it happened, by the venue's codes on that day: former district and new commune."""

    venue_id: VenueId
    old_district_code: str
    new_commune_code: str


def lines_total(lines: tuple[Line, ...]) -> Dong:
    return Dong(sum(line.count * line.unit_price_vnd for line in lines))
