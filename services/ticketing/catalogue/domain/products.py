"""What there is to visit and to buy: venues, products, visitor categories. Data without a rule of its own."""

from dataclasses import dataclass
from typing import NewType

from shared.events.words import DaysRule, ProductKind, TicketMode, VenueKind
from shared.ids import ProductId, VenueId

Category = NewType("Category", str)
"""A group of visitors with a price of its own, such as "adult"; categories are data, new ones need no code."""


@dataclass(frozen=True, slots=True)
class Venue:
    """A place with its codes of today; number stands in ticket codes and is never given to another venue."""

    venue_id: VenueId
    number: int
    name_vi: str
    name_en: str
    kind: VenueKind
    old_district_code: str
    new_commune_code: str
    on_sale: bool

    def name(self, language: str) -> str:
        """In English for "en", else in Vietnamese."""
        return self.name_en if language == "en" else self.name_vi


@dataclass(frozen=True, slots=True)
class Product:
    """What a venue sells.

    ticket_modes: those a visitor may choose, the default first. admits: most people on one QR, 1..255.
    daily_capacity: people of one day, or of one night for a stay.
    """

    product_id: ProductId
    number: int
    venue_id: VenueId
    kind: ProductKind
    name_vi: str
    name_en: str
    ticket_modes: tuple[TicketMode, ...]
    admits: int
    days_rule: DaysRule
    daily_capacity: int

    def name(self, language: str) -> str:
        """In English for "en", else in Vietnamese."""
        return self.name_en if language == "en" else self.name_vi

    @property
    def is_stay(self) -> bool:
        return self.kind == "stay"


@dataclass(frozen=True, slots=True)
class VisitorCategory:
    """How a category is shown, and what it may cost nothing; position orders them on a screen.

    With needs_evidence, staff ask to see a paper. Where the price is 0: free_alone people an order need nobody who
    pays; of the others free_each_payer come with each person who does, and at most free_most an order.
    """

    category: Category
    position: int
    name_vi: str
    name_en: str
    rule_vi: str
    rule_en: str
    needs_evidence: bool
    free_each_payer: int
    free_most: int
    free_alone: int
