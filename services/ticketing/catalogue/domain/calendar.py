"""When a venue is open, and whether a day of it may still be sold. Capacity is not looked at here."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from shared.clock import ZONE, local_date
from shared.errors import DomainError

SALES_AHEAD_DAYS = 180


class PastDate(DomainError):
    """The day asked for is over."""

    code = "past_date"


class TooFarAhead(DomainError):
    """The day asked for is not on sale yet."""

    code = "too_far_ahead"


class ClosedThatDay(DomainError):
    """The venue does not open on a day asked for; `next_open_day` is None when none is on sale."""

    code, status = "closed_that_day", 409


class ClosedForToday(DomainError):
    """Asked for today, after the last closing time."""

    code, status = "closed_for_today", 409


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Open on [opens_minute, closes_minute) of the local day, 0..1440, on ISO weekdays (1 = Monday).

    The dates are half-open too; None = from the beginning, without end. Hours past midnight are two of these.
    """

    weekdays: frozenset[int]
    opens_minute: int
    closes_minute: int
    valid_from: date | None = None
    valid_to: date | None = None

    def hold_on(self, day: date) -> bool:
        if day.isoweekday() not in self.weekdays:
            return False
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed on [from_on, until_on), whatever the hours say."""

    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Calendar:
    """The hours and closures of one venue; without hours it is never open."""

    hours: tuple[OpeningHours, ...]
    closures: tuple[Closure, ...] = ()

    def hours_on(self, day: date) -> list[OpeningHours]:
        """The opening hours of a day, earliest first; none when it is closed."""
        if any(closure.from_on <= day < closure.until_on for closure in self.closures):
            return []
        return sorted((hours for hours in self.hours if hours.hold_on(day)), key=lambda hours: hours.opens_minute)

    def is_open(self, day: date) -> bool:
        return bool(self.hours_on(day))

    def closing_time(self, day: date) -> datetime | None:
        """The instant of the day's last closing (24:00 is the next midnight), or None when it is closed."""
        closings = [hours.closes_minute for hours in self.hours_on(day)]
        if not closings:
            return None
        return (datetime.combine(day, time(), ZONE) + timedelta(minutes=max(closings))).astimezone(UTC)

    def next_open_day(self, after: date, until: date, length: int = 1) -> date | None:
        """The first day on (after, until] from which the venue is open for length days in a row."""
        for ahead in range(1, (until - after).days + 1):
            start = after + timedelta(days=ahead)
            if all(self.is_open(start + timedelta(days=day)) for day in range(length)):
                return start
        return None


def held_days(visit_on: date, nights: int) -> tuple[date, ...]:
    """The days whose places a visit takes: its day if nights is 0, or each night of a stay, never its last day."""
    return tuple(visit_on + timedelta(days=night) for night in range(max(1, nights)))


def is_over(calendar: Calendar, visit_on: date, now: datetime) -> bool:
    """Whether a visit can no longer begin: its day has passed, or the venue has closed for it."""
    closing = calendar.closing_time(visit_on)
    return visit_on < local_date(now) or (closing is not None and now >= closing)


def check_can_sell(calendar: Calendar, visit_on: date, nights: int, now: datetime) -> None:
    """Returns when the visit may be sold now; raises PastDate, TooFarAhead, ClosedThatDay or ClosedForToday.

    nights must have been checked: each day of the stay is looked at.
    """
    today = local_date(now)
    last_day = today + timedelta(days=SALES_AHEAD_DAYS)
    if visit_on < today:
        raise PastDate(visit_on=visit_on.isoformat(), today=today.isoformat())
    if visit_on > last_day:
        raise TooFarAhead(visit_on=visit_on.isoformat(), last_day=last_day.isoformat())
    days = held_days(visit_on, nights)
    closed_on = next((day for day in days if not calendar.is_open(day)), None)
    next_open_day = calendar.next_open_day(visit_on, last_day, len(days))
    if closed_on is not None:
        raise ClosedThatDay(closed_on=closed_on.isoformat(), next_open_day=_iso(next_open_day))
    if is_over(calendar, visit_on, now):
        raise ClosedForToday(closed_on=visit_on.isoformat(), next_open_day=_iso(next_open_day))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
