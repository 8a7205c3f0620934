"""What facts add to and take from the rollups, summed by cell. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from services.analytics.stream.facts import Entry, Payment
from shared.money import ZERO, Dong

# Later than this the bucket had been shown already: restating it leaves a mark.
LATE = timedelta(hours=1)


class MinuteKey(NamedTuple):
    minute: datetime
    old_district_code: str
    new_commune_code: str
    kind: str
    tender: str
    partition: int


class HourKey(NamedTuple):
    hour: datetime
    venue_id: str
    tender: str
    partition: int


class DayKey(NamedTuple):
    day: date
    venue_id: str
    tender: str
    partition: int


class EntryDayKey(NamedTuple):
    day: date
    venue_id: str
    partition: int


@dataclass(slots=True)
class Taken:
    """A signed change of what was taken in one rollup row, and when the row was restated, if so."""

    payments: int = 0
    amount_vnd: Dong = ZERO
    revised_at: datetime | None = None

    @property
    def is_any(self) -> bool:
        return bool(self.payments or self.amount_vnd)

    def add(self, payments: int, amount_vnd: int, revised_at: datetime | None) -> None:
        self.payments += payments
        self.amount_vnd = Dong(self.amount_vnd + amount_vnd)
        self.revised_at = _newest(self.revised_at, revised_at)


@dataclass(slots=True)
class Entered:
    """A signed change of who entered in one rollup row, and when the row was restated, if so."""

    scans: int = 0
    people: int = 0
    revised_at: datetime | None = None

    @property
    def is_any(self) -> bool:
        return bool(self.scans or self.people)

    def add(self, scans: int, people: int, revised_at: datetime | None) -> None:
        self.scans += scans
        self.people += people
        self.revised_at = _newest(self.revised_at, revised_at)


@dataclass(slots=True)
class Deltas:
    """Changes by rollup, keyed by the rollup's primary key; fields are named as the rollup's columns."""

    minutes: defaultdict[MinuteKey, Taken] = field(default_factory=lambda: defaultdict(Taken))
    hours: defaultdict[HourKey, Taken] = field(default_factory=lambda: defaultdict(Taken))
    days: defaultdict[DayKey, Taken] = field(default_factory=lambda: defaultdict(Taken))
    entry_days: defaultdict[EntryDayKey, Entered] = field(default_factory=lambda: defaultdict(Entered))

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
                key = EntryDayKey(entry.business_date, entry.venue_id, entry.partition)
                self.entry_days[key].add(sign, sign * entry.people, revised_at)

    def move_minute(self, key: MinuteKey, taken: Taken, new_kind: str) -> None:
        """Moves what a venue took in a minute to the kind that the venue turned out to be."""
        moved = key._replace(kind=new_kind)
        self.minutes[key].add(-taken.payments, -taken.amount_vnd, None)
        self.minutes[moved].add(taken.payments, taken.amount_vnd, None)

    def _add_payment(self, payment: Payment, sign: int, kind: str, revised_at: datetime | None) -> None:
        amount_vnd = sign * payment.amount_vnd
        venue_id, tender, partition = payment.venue_id, payment.tender, payment.partition
        at = payment.occurred_at.replace(second=0, microsecond=0)
        minute = MinuteKey(at, payment.old_district_code, payment.new_commune_code, kind, tender, partition)
        # Hà Giang is a whole number of hours from UTC, so an hour here is an hour there.
        hour = HourKey(at.replace(minute=0), venue_id, tender, partition)
        day = DayKey(payment.business_date, venue_id, tender, partition)
        self.minutes[minute].add(sign, amount_vnd, revised_at)
        self.hours[hour].add(sign, amount_vnd, revised_at)
        self.days[day].add(sign, amount_vnd, revised_at)


class _Change(Protocol):
    @property
    def is_any(self) -> bool: ...


K = TypeVar("K", MinuteKey, HourKey, DayKey, EntryDayKey)
V = TypeVar("V", bound=_Change)


def changed(cells: dict[K, V]) -> Iterator[tuple[K, V]]:
    """The cells that change, sorted by key, so that all transactions lock rows in one order."""
    return ((key, cell) for key, cell in sorted(cells.items(), key=_key_of) if cell.is_any)


def _key_of(item: tuple[K, V]) -> K:
    return item[0]


def _newest(known: datetime | None, at: datetime | None) -> datetime | None:
    return known if at is None else max(at, known or at)


def _revised_at(fact: Payment | Entry, *, corrects: bool) -> datetime | None:
    is_late = fact.recorded_at - fact.occurred_at > LATE
    return fact.recorded_at if corrects or is_late else None
