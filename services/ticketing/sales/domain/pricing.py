"""What an order costs: counts by category at the tariffs of its first day. No capacity, no calendar, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.catalogue.domain.tariffs import Tariff, tariffs_on
from shared.errors import DomainError
from shared.events.words import PriceKind
from shared.ids import ProductId, VenueId
from shared.money import Dong

MOST_PLACES = 60
MOST_NIGHTS = 30


class NegativeCount(DomainError):
    """Fewer than no people of a category."""

    code = "negative_count"


class NoPlaces(DomainError):
    """An order for nobody."""

    code = "no_places"


class TooManyPlaces(DomainError):
    """More people than one order may have."""

    code = "too_many_places"


class WrongNights(DomainError):
    """A stay of too few or too many nights, or nights where nobody sleeps."""

    code = "wrong_nights"


class UnknownCategory(DomainError):
    """The product has never had a price for such visitors."""

    code = "unknown_category"


class NoPrice(DomainError):
    """The product has a price for such visitors, but not on that day."""

    code = "no_price"


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One price of an order. count is what the price is multiplied by: people, or person-nights of a stay."""

    venue_id: VenueId
    product_id: ProductId
    category: Category
    people: int
    count: int
    unit_price_vnd: Dong
    price_kind: PriceKind
    tariff_version: str

    @property
    def total_vnd(self) -> Dong:
        return Dong(self.count * self.unit_price_vnd)


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """What is bought and what it costs. nights is 0 for a visit; there is at least one line, none is for nobody."""

    product_id: ProductId
    visit_on: date
    nights: int
    lines: tuple[PricedLine, ...]

    @property
    def people(self) -> int:
        return sum(line.people for line in self.lines)

    @property
    def total_vnd(self) -> Dong:
        return Dong(sum(line.total_vnd for line in self.lines))


def price_order(
    product: Product, tariffs: Iterable[Tariff], visit_on: date, counts: Mapping[Category, int], nights: int = 0
) -> PricedOrder:
    """The order with a line for each category that has people, in the order of counts.

    nights: 1..30 for a stay, 0 for anything else. Each person of a stay pays each night at the tariff of the
    first one, also when a new tariff starts during it: the guest was told one price. Raises the errors above.
    """
    own = [tariff for tariff in tariffs if tariff.product_id == product.product_id]
    _check_counts(counts)
    check_nights(product, nights)
    known = {tariff.category for tariff in own}
    prices = {tariff.category: tariff for tariff in tariffs_on(visit_on, own)}
    lines: list[PricedLine] = []
    for category, people in counts.items():
        if category not in known:
            raise UnknownCategory(product_id=product.product_id, category=category)
        if people == 0:
            continue
        if category not in prices:
            raise NoPrice(product_id=product.product_id, category=category, visit_on=visit_on.isoformat())
        lines.append(_line(product, prices[category], people, nights))
    return PricedOrder(product.product_id, visit_on, nights, tuple(lines))


def _check_counts(counts: Mapping[Category, int]) -> None:
    for category, people in counts.items():
        if people < 0:
            raise NegativeCount(category=category)
    people = sum(counts.values())
    if people == 0:
        raise NoPlaces
    if people > MOST_PLACES:
        raise TooManyPlaces(places=people, most=MOST_PLACES)


def check_nights(product: Product, nights: int) -> None:
    """Returns for a number of nights that the product has, 0 for a visit; raises WrongNights."""
    least, most = (1, MOST_NIGHTS) if product.is_stay else (0, 0)
    if not least <= nights <= most:
        raise WrongNights(nights=nights, least=least, most=most)


def _line(product: Product, tariff: Tariff, people: int, nights: int) -> PricedLine:
    return PricedLine(
        venue_id=product.venue_id,
        product_id=product.product_id,
        category=tariff.category,
        people=people,
        count=people * nights if product.is_stay else people,
        unit_price_vnd=tariff.price_vnd,
        price_kind=tariff.price_kind,
        tariff_version=tariff.version,
    )
