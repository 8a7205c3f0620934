"""Prices as dated data. A price is never changed: a new one is a new row with a new version."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from services.ticketing.catalogue.domain.products import Category
from shared.events.words import PriceKind, PriceUnit
from shared.ids import ProductId
from shared.money import Dong


@dataclass(frozen=True, slots=True)
class Tariff:
    """One price of a product for a category on [valid_from, valid_to); None = from the beginning, without end.

    version identifies the row for ever and travels with every line sold at it. A price that is not verified is shown
    as a "demo price".
    """

    product_id: ProductId
    category: Category
    price_vnd: Dong
    unit: PriceUnit
    price_kind: PriceKind
    valid_from: date | None
    valid_to: date | None
    legal_basis: str
    verified: bool
    version: str

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


def tariffs_on(day: date, tariffs: Iterable[Tariff]) -> list[Tariff]:
    """Those that hold on the day, in the order given; at most one for a product and category."""
    found = [tariff for tariff in tariffs if tariff.holds_on(day)]
    assert len({(tariff.product_id, tariff.category) for tariff in found}) == len(found), "two prices on one day"
    return found
