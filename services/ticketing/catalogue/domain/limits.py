"""How much of a day may be taken before somebody pays, by kind of product. Data with plain arithmetic."""

from dataclasses import dataclass

from shared.events.words import ProductKind


@dataclass(frozen=True, slots=True)
class KindLimits:
    """Percents are of a day's capacity, never less than so many places.

    whole_nights, whole_people: a stay of so few nights, or of so few people, may take all that is free although that
    passes what may be held unpaid, as long as the others keep within it; 0 where no order may.
    """

    kind: ProductKind
    unpaid_percent: int
    unpaid_least: int
    free_percent: int
    free_least: int
    whole_nights: int
    whole_people: int

    def may_take_all(self, nights: int, people: int) -> bool:
        return 0 < nights <= self.whole_nights or 0 < people <= self.whole_people
