"""What facts add to and take from the rollups, summed by cell. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeAlias, TypeVar

from services.analytics.stream.facts import Entry, Payment

# Later than this the bucket had been shown already: restating it leaves a mark.
LATE = timedelta(hours=1)

MinuteKey: TypeAlias = tuple[datetime, str, str, str, str, int]
HourKey: TypeAlias = tuple[datetime, str, str, int]
DayKey: TypeAlias = tuple[date, str, str, int]
EntryDayKey: TypeAlias = tuple[date, str, int]
K = TypeVar("K", MinuteKey, HourKey, DayKey, EntryDayKey)


@dataclass(slots=True)
class Cell:
    """A signed change of one rollup row: how many, how much (đồng, or people), and when it was restated, if so."""

    count: int = 0
    amount: int = 0
    revised_at: datetime | None = None


@dataclass(slots=True)
class Deltas:
    """Changes by rollup, keyed by the rollup's primary key."""

    minutes: dict[MinuteKey, Cell] = field(default_factory=dict[MinuteKey, Cell])
    hours: dict[HourKey, Cell] = field(default_factory=dict[HourKey, Cell])
    days: dict[DayKey, Cell] = field(default_factory=dict[DayKey, Cell])
    entry_days: dict[EntryDayKey, Cell] = field(default_factory=dict[EntryDayKey, Cell])

    def move_payment(self, old: Payment | None, new: Payment, kind_of: dict[str, str]) -> None:
        """Takes the old version's part out and puts the new one's in; kind_of gives a venue's kind."""
        revised_at = _revised_at(new, corrects=old is not None and old.is_taken)
        for payment, sign in ((old, -1), (new, 1)):
            if payment is not None and payment.is_taken:
                self._add_payment(payment, sign, kind_of[payment.venue_id], revised_at)

    def move_entry(self, old: Entry | None, new: Entry) -> None:
        revised_at = _revised_at(new, corrects=old is not None and old.is_inside)
        for entry, sign in ((old, -1), (new, 1)):
            if entry is not None and entry.is_inside:
                key = (entry.business_date, entry.venue_id, entry.partition)
                _add(self.entry_days, key, sign, sign * entry.people, revised_at)

    def move_minute(self, key: MinuteKey, cell: Cell, new_kind: str) -> None:
        """Moves what a venue took in a minute to the kind that the venue turned out to be."""
        minute, district, commune, _, tender, partition = key
        _add(self.minutes, key, -cell.count, -cell.amount, None)
        _add(self.minutes, (minute, district, commune, new_kind, tender, partition), cell.count, cell.amount, None)

    def _add_payment(self, payment: Payment, sign: int, kind: str, revised_at: datetime | None) -> None:
        amount = sign * payment.amount_vnd
        venue, tender, partition = payment.venue_id, payment.tender, payment.partition
        minute = payment.occurred_at.replace(second=0, microsecond=0)
        place = (payment.old_district_code, payment.new_commune_code)
        _add(self.minutes, (minute, *place, kind, tender, partition), sign, amount, revised_at)
        # Hà Giang is a whole number of hours from UTC, so an hour here is an hour there.
        _add(self.hours, (minute.replace(minute=0), venue, tender, partition), sign, amount, revised_at)
        _add(self.days, (payment.business_date, venue, tender, partition), sign, amount, revised_at)


def changed(cells: dict[K, Cell]) -> Iterator[tuple[K, Cell]]:
    """The cells that change, sorted by key, so that all transactions lock rows in one order."""
    return ((key, cell) for key, cell in sorted(cells.items(), key=_key_of) if cell.count or cell.amount)


def _key_of(item: tuple[K, Cell]) -> K:
    return item[0]


def _add(cells: dict[K, Cell], key: K, count: int, amount: int, revised_at: datetime | None) -> None:
    cell = cells.get(key)
    if cell is None:
        cell = cells[key] = Cell()
    cell.count += count
    cell.amount += amount
    if revised_at is not None:
        cell.revised_at = max(revised_at, cell.revised_at or revised_at)


def _revised_at(fact: Payment | Entry, *, corrects: bool) -> datetime | None:
    is_late = fact.recorded_at - fact.occurred_at > LATE
    return fact.recorded_at if corrects or is_late else None
