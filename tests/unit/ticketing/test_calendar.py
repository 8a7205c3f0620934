"""When a venue is open, and which days may still be sold."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.ticketing.catalogue.domain.calendar import (
    Calendar,
    ClosedForToday,
    ClosedThatDay,
    Closure,
    OpeningHours,
    PastDate,
    TooFarAhead,
    check_can_sell,
    held_days,
    is_over,
)
from shared.clock import ZONE

WEEK = frozenset(range(1, 8))
MORNING, AFTERNOON = (8 * 60, 11 * 60), (14 * 60, 17 * 60)
# The museum: closed on Mondays, with a noon break, and open in the evening on Fridays and Saturdays.
MUSEUM = Calendar(
    (
        OpeningHours(frozenset({5, 6}), 19 * 60 + 30, 21 * 60 + 30),
        OpeningHours(WEEK - {1}, *AFTERNOON),
        OpeningHours(WEEK - {1}, *MORNING),
    )
)
ALWAYS = Calendar((OpeningHours(WEEK, 0, 24 * 60),))
MONDAY, TUESDAY, FRIDAY = date(2026, 12, 7), date(2026, 12, 8), date(2026, 12, 11)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant by the clock on the wall in Hà Giang, in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def test_the_museum_is_closed_on_mondays() -> None:
    assert not MUSEUM.is_open(MONDAY)
    assert MUSEUM.is_open(TUESDAY)


def test_the_last_of_several_hours_closes_the_day() -> None:
    assert MUSEUM.closing_time(TUESDAY) == at(TUESDAY, 17)
    assert MUSEUM.closing_time(FRIDAY) == at(FRIDAY, 21, 30)
    assert MUSEUM.closing_time(MONDAY) is None


def test_hours_of_a_day_come_earliest_first() -> None:
    assert [hours.opens_minute for hours in MUSEUM.hours_on(FRIDAY)] == [480, 840, 1170]


def test_closing_at_24_is_the_next_midnight_of_the_local_day() -> None:
    assert ALWAYS.closing_time(MONDAY) == datetime(2026, 12, 7, 17, tzinfo=UTC)


def test_hours_hold_from_their_first_day_to_the_day_before_their_last() -> None:
    summer = Calendar((OpeningHours(WEEK, *MORNING, valid_from=TUESDAY, valid_to=FRIDAY),))

    assert [summer.is_open(day) for day in (MONDAY, TUESDAY, FRIDAY - timedelta(days=1), FRIDAY)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_closure_beats_the_hours_and_ends_before_its_last_day() -> None:
    storm = Calendar(ALWAYS.hours, (Closure(MONDAY, FRIDAY),))

    assert not storm.is_open(MONDAY)
    assert storm.is_open(FRIDAY)
    assert storm.next_open_day(MONDAY, MONDAY + timedelta(days=30)) == FRIDAY


def test_a_venue_without_hours_is_never_open() -> None:
    assert Calendar(()).next_open_day(MONDAY, MONDAY + timedelta(days=400)) is None


def test_an_open_day_today_and_the_last_one_on_sale_can_be_sold() -> None:
    now = at(MONDAY, 9)

    check_can_sell(ALWAYS, MONDAY, 0, now)
    check_can_sell(ALWAYS, MONDAY + timedelta(days=180), 0, now)


def test_a_day_that_is_over_in_ha_giang_is_past_although_it_goes_on_in_utc() -> None:
    just_after_midnight = datetime(2026, 12, 7, 17, 5, tzinfo=UTC)

    check_can_sell(ALWAYS, TUESDAY, 0, just_after_midnight)
    with pytest.raises(PastDate) as refusal:
        check_can_sell(ALWAYS, MONDAY, 0, just_after_midnight)

    assert refusal.value.fields["today"] == "2026-12-08"


def test_more_than_180_days_ahead_is_not_on_sale_yet() -> None:
    with pytest.raises(TooFarAhead) as refusal:
        check_can_sell(ALWAYS, MONDAY + timedelta(days=181), 0, at(MONDAY, 9))

    assert refusal.value.fields["last_day"] == "2027-06-05"


@pytest.mark.parametrize("day", [date.max, date.min])
def test_the_ends_of_the_calendar_are_refused_like_any_other_day(day: date) -> None:
    with pytest.raises((TooFarAhead, PastDate)):
        check_can_sell(ALWAYS, day, 30, at(MONDAY, 9))


def test_a_closed_day_is_refused_with_the_next_open_one() -> None:
    with pytest.raises(ClosedThatDay) as refusal:
        check_can_sell(MUSEUM, MONDAY, 0, at(MONDAY, 9))

    assert refusal.value.fields == {"closed_on": "2026-12-07", "next_open_day": "2026-12-08"}


def test_no_next_open_day_is_named_beyond_what_is_on_sale() -> None:
    closed_for_months = Calendar(ALWAYS.hours, (Closure(MONDAY, MONDAY + timedelta(days=181)),))

    with pytest.raises(ClosedThatDay) as refusal:
        check_can_sell(closed_for_months, MONDAY, 0, at(MONDAY, 9))

    assert refusal.value.fields["next_open_day"] is None


def test_today_is_sold_until_the_last_closing_time_and_not_at_it() -> None:
    check_can_sell(MUSEUM, TUESDAY, 0, at(TUESDAY, 16, 59))
    with pytest.raises(ClosedForToday) as refusal:
        check_can_sell(MUSEUM, TUESDAY, 0, at(TUESDAY, 17))

    assert refusal.value.fields["next_open_day"] == "2026-12-09"


def test_a_visit_can_begin_until_its_last_closing_time_and_on_no_later_day() -> None:
    assert not is_over(MUSEUM, TUESDAY, at(TUESDAY, 16, 59))
    assert is_over(MUSEUM, TUESDAY, at(TUESDAY, 17))
    assert is_over(ALWAYS, MONDAY, at(TUESDAY, 0))
    assert not is_over(ALWAYS, TUESDAY, at(MONDAY, 23))


def test_today_is_sold_before_opening_and_during_the_noon_break() -> None:
    check_can_sell(MUSEUM, TUESDAY, 0, at(TUESDAY, 6))
    check_can_sell(MUSEUM, TUESDAY, 0, at(TUESDAY, 12))


def test_tomorrow_is_sold_after_todays_closing_time() -> None:
    check_can_sell(MUSEUM, TUESDAY + timedelta(days=1), 0, at(TUESDAY, 22))


def test_a_visit_holds_places_of_its_day_and_a_stay_of_each_night_but_not_of_departure() -> None:
    assert held_days(MONDAY, 0) == (MONDAY,)
    assert held_days(MONDAY, 2) == (MONDAY, TUESDAY)


def test_a_stay_is_refused_when_one_of_its_nights_is_closed_and_told_when_all_would_be_open() -> None:
    closed_tuesday = Calendar(ALWAYS.hours, (Closure(TUESDAY, TUESDAY + timedelta(days=1)),))
    now = at(MONDAY, 9)

    check_can_sell(closed_tuesday, MONDAY, 1, now)
    with pytest.raises(ClosedThatDay) as refusal:
        check_can_sell(closed_tuesday, MONDAY, 2, now)

    assert refusal.value.fields == {"closed_on": "2026-12-08", "next_open_day": "2026-12-09"}


def test_the_next_day_named_to_a_guest_is_one_from_which_the_whole_stay_is_open() -> None:
    tuesday_and_thursday = Calendar(
        ALWAYS.hours, tuple(Closure(day, day + timedelta(days=1)) for day in (TUESDAY, FRIDAY - timedelta(days=1)))
    )

    with pytest.raises(ClosedThatDay) as refusal:
        check_can_sell(tuesday_and_thursday, MONDAY, 2, at(MONDAY, 9))

    assert refusal.value.fields["next_open_day"] == FRIDAY.isoformat()
