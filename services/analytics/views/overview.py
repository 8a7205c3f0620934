"""The province's numbers over a range of days, read from the rollups. One reader for the page, JSON, CSV and stream."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from services.analytics.stream.store import hold_tables
from services.analytics.views import store
from services.analytics.views.indicators import Indicator, Sums, add_up, indicators_of
from shared.clock import ZONE, local_date
from shared.errors import DomainError
from shared.storage.db import Connection
from shared.web.texts import Spoken

MOST_DAYS = 366
# The worker says every two seconds that it looked; after a minute of silence the numbers cannot be called live.
STALE_AFTER = timedelta(seconds=60)
# Fewer are read within a moment, and some are always on their way while people buy.
CATCHING_UP_FROM = 1000


DaysMistake = Literal["no_day", "order", "too_long"]


class DaysWrong(DomainError):
    """A day is no date, the first day is after the last, or the range is longer than a year."""

    code = "days_wrong"

    def __init__(self, mistake: DaysMistake, field: Literal["from", "to"]) -> None:
        """field: what has to be mended."""
        super().__init__(mistake=mistake, field=field)
        self.mistake = mistake
        self.field = field


@dataclass(frozen=True, slots=True)
class Days:
    """Business days, both included."""

    first: date
    last: date

    @staticmethod
    def read(first: str, last: str, now: datetime) -> "Days":
        """Days as written in an address; blank means today. Raises DaysWrong."""
        today = local_date(now)
        end = _day_of(last, "to") if last else today
        begin = _day_of(first, "from") if first else min(end, today)
        if begin > end:
            raise DaysWrong("order", "from")
        if end - begin >= timedelta(days=MOST_DAYS):
            raise DaysWrong("too_long", "from")
        return Days(begin, end)


def _day_of(text: str, field: Literal["from", "to"]) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DaysWrong("no_day", field) from None
    # The first and last days of the calendar have instants in UTC that it does not hold.
    if not date.min < day < date.max:
        raise DaysWrong("no_day", field)
    return day


@dataclass(frozen=True, slots=True)
class VenueRow:
    venue_id: str
    name: str
    kind: str
    old_district_code: str
    sums: Sums
    people: int
    revised_at: datetime | None


@dataclass(frozen=True, slots=True)
class DistrictRow:
    code: str
    name: str
    sums: Sums
    venues: int
    venues_recording_cash: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """When the newest event was written, and when a worker last looked for newer ones."""

    newest_at: datetime | None
    checked_at: datetime | None
    events_behind: int
    is_catching_up: bool
    is_stale: bool
    age_s: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    as_of: datetime
    days: Days
    indicators: list[Indicator]
    total: Sums
    refunded_vnd: int
    people: int
    venues: list[VenueRow]
    districts: list[DistrictRow]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Asked:
    """Which numbers are wanted. scope is the viewer's: "" or a district's or commune's code."""

    days: Days
    scope: str
    spoken: Spoken


async def read_overview(connection: Connection, asked: Asked, now: datetime) -> Overview:
    """All numbers of the range in one snapshot."""
    begin, end = asked.days.first, asked.days.last + timedelta(days=1)
    instants = [datetime.combine(day, time(), ZONE) for day in (begin, end)]
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await hold_tables(connection)
        rows = await store.taken_by_venue(connection, begin, end, asked.scope)
        refunded_vnd = await store.refunded_vnd(connection, instants[0], instants[1], asked.scope)
        fresh = await store.freshness(connection)
    venues = [
        VenueRow(
            venue_id=row["venue_id"],
            name=(row["name_vi"] if asked.spoken.language == "vi" else row["name_en"]) or row["venue_id"],
            kind=row["kind"],
            old_district_code=row["old_district_code"],
            sums=Sums(row["payments"], row["cashless_payments"], row["amount_vnd"], row["cashless_vnd"]),
            people=row["people"],
            revised_at=row["revised_at"],
        )
        for row in rows
    ]
    return Overview(
        as_of=now,
        days=asked.days,
        indicators=indicators_of((venue.sums for venue in venues), asked.spoken),
        total=add_up(venue.sums for venue in venues),
        refunded_vnd=refunded_vnd,
        people=sum(venue.people for venue in venues),
        venues=venues,
        districts=_districts(venues, asked.spoken),
        freshness=_freshness(fresh["newest_at"], fresh["checked_at"], fresh["events_behind"], now),
    )


def _districts(venues: list[VenueRow], spoken: Spoken) -> list[DistrictRow]:
    """The former districts that have venues, the one that took most first."""
    by_code: dict[str, list[Sums]] = defaultdict(list)
    for venue in venues:
        by_code[venue.old_district_code].append(venue.sums)
    rows = [
        DistrictRow(
            code=code,
            name=_district_name(code, spoken),
            sums=add_up(parts),
            venues=len(parts),
            venues_recording_cash=sum(part.records_cash for part in parts),
        )
        for code, parts in by_code.items()
    ]
    return sorted(rows, key=lambda row: (-row.sums.amount_vnd, row.code))


def _district_name(code: str, spoken: Spoken) -> str:
    key = f"common.district.{code or 'unknown'}"
    return spoken.t(key) if spoken.knows(key) else code


def _freshness(newest_at: datetime | None, checked_at: datetime | None, events_behind: int, now: datetime) -> Freshness:
    return Freshness(
        newest_at=newest_at,
        checked_at=checked_at,
        events_behind=events_behind,
        is_catching_up=events_behind > CATCHING_UP_FROM,
        is_stale=checked_at is None or now - checked_at > STALE_AFTER,
        age_s=None if newest_at is None else max(int((now - newest_at).total_seconds()), 0),
    )
