"""The places that an order takes: one value, so that the same ones are held, sold and given back."""

from dataclasses import dataclass
from datetime import date

from shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class Places:
    """Room for so many people of a product on each of its days, earliest first."""

    product_id: ProductId
    days: tuple[date, ...]
    people: int
