"""The places that an order takes, how much of a day it may take before it is paid, and why it is refused them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from services.ticketing.catalogue.domain.limits import KindLimits
from shared.errors import DomainError
from shared.ids import ProductId


class SoldOut(DomainError):
    """Fewer places are left than asked for, on at least one of the days."""

    code, status = "sold_out", 409


class FreePlacesTaken(DomainError):
    """Orders that cost nothing have as much of a day as they may have together."""

    code, status = "free_places_taken", 409


class ManyUnpaid(DomainError):
    """Orders that nobody has paid yet hold as much of a day as they may hold together."""

    code, status = "many_unpaid", 409


class CallTheHouse(DomainError):
    """So many people for so many nights are not held for somebody who has paid nothing."""

    code, status = "call_the_house", 409


@dataclass(frozen=True, slots=True)
class Places:
    """Room for people of a product on each of its days, earliest first; free: of them, in an order of 0 đồng."""

    product_id: ProductId
    days: tuple[date, ...]
    people: int
    free: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a day may hold unpaid and give away when an order asks: percents of its capacity, or at least so many.

    counted: how many of the order's people its unpaid share must have room for beside what others hold.
    """

    counted: int
    unpaid_percent: int
    unpaid_least: int
    free_percent: int
    free_least: int

    def most_unpaid(self, capacity: int) -> int:
        return max(capacity * self.unpaid_percent // 100, self.unpaid_least)

    def most_free(self, capacity: int) -> int:
        return max(capacity * self.free_percent // 100, self.free_least)


# The money is there: nothing bounds such an order but the day itself.
PAID = Bounds(0, 100, 0, 100, 0)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a product as it stands."""

    product_id: ProductId
    day: date
    capacity: int
    held: int
    sold: int
    free: int

    @property
    def places_left(self) -> int:
        return self.capacity - self.held - self.sold

    def has_room(self, places: Places, bounds: Bounds) -> bool:
        """Whether it can hold them. What is held is what is unpaid, and orders of 0 đồng have a share of their own."""
        return (
            places.people <= self.places_left
            and self.held + bounds.counted <= bounds.most_unpaid(self.capacity)
            and (places.free == 0 or self.free + places.free <= bounds.most_free(self.capacity))
        )


class Days:
    """Days that a transaction has locked, as they become order by order; what changed is written at its end."""

    def __init__(self, days: Iterable[Day] = ()) -> None:
        self._days = {(day.product_id, day.day): day for day in days}
        self._found = dict(self._days)

    def start_anew(self) -> None:
        """Back to how they were found."""
        self._days = dict(self._found)

    def hold(self, places: Places, bounds: Bounds) -> bool:
        """Holds them on all of their days, or on none and False."""
        days = self._of(places)
        if not all(day.has_room(places, bounds) for day in days):
            return False
        self._change(days, held=places.people, free=places.free)
        return True

    def sell(self, places: Places) -> None:
        """Turns places that are held into sold ones."""
        self._change(self._of(places), held=-places.people, sold=places.people)

    def refusal_of(self, places: Places, bounds: Bounds, *, is_stay: bool) -> DomainError:
        """Why there was no room, in the words that help most."""
        days = self._of(places)
        left = min(day.places_left for day in days)
        if left < places.people:
            return SoldOut(places_left=left, places=places.people)
        if places.free:
            return FreePlacesTaken(places=places.people)
        # A long stay of many that finds the house empty will not find it emptier.
        if is_stay and any(bounds.counted > bounds.most_unpaid(day.capacity) for day in days):
            return CallTheHouse(places=places.people)
        return ManyUnpaid(places=places.people)

    @property
    def changed(self) -> list[Day]:
        return [day for key, day in self._days.items() if day != self._found[key]]

    def _of(self, places: Places) -> list[Day]:
        return [self._days[places.product_id, day] for day in places.days]

    def _change(self, days: Iterable[Day], *, held: int = 0, sold: int = 0, free: int = 0) -> None:
        for day in days:
            changed = replace(day, held=day.held + held, sold=day.sold + sold, free=day.free + free)
            assert changed.held >= 0 <= changed.free, "given back more than was held"
            self._days[day.product_id, day.day] = changed


def bounds_of(limits: KindLimits, places: Places, nights: int) -> Bounds:
    """An order that costs nothing holds nothing unpaid; a short or small stay need not fit into the unpaid share."""
    if places.free:
        return Bounds(0, 100, 0, limits.free_percent, limits.free_least)
    counted = 0 if limits.may_take_all(nights, places.people) else places.people
    return Bounds(counted, limits.unpaid_percent, limits.unpaid_least, 100, 0)
