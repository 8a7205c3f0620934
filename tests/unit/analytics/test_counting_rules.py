"""The pure side of counting: what an event is as a fact, what facts do to rollups, and the shares."""

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.app import share_of
from services.analytics.stream.deltas import Deltas, changed
from services.analytics.stream.facts import Payment, UnknownType, Venue, read
from services.analytics.stream.log_reader import PartitionShare
from services.analytics.views.indicators import Sums, indicators_of
from services.analytics.views.overview import Days, DaysWrong
from shared.errors import Poison
from shared.events.ticketing import VenueChanged
from shared.money import Dong
from shared.settings import SettingsWrong
from shared.web.i18n import LANGUAGES
from tests.support.texts import EVERY_TEXT

NOON = datetime(2026, 11, 24, 5, 0, 30, 7, tzinfo=UTC)
SALE = Payment(
    payment_id=UUID(int=1),
    version=1,
    status="settled",
    amount_vnd=Dong(30_000),
    tender="bank_transfer",
    venue_id="tower",
    old_district_code="026",
    new_commune_code="00715",
    business_date=date(2026, 11, 24),
    occurred_at=NOON,
    channel="web",
    partition=3,
    recorded_at=NOON,
)
KINDS = {"tower": "scenic_site", "house": "homestay"}
VENUE = VenueChanged(
    version=2,
    occurred_at=NOON,
    recorded_at=NOON,
    venue_id=msgspec.convert("tower", VenueChanged.__annotations__["venue_id"]),
    name_vi="Cột cờ",
    name_en="Tower",
    kind="scenic_site",
    old_district_code="026",
    new_commune_code="00715",
    on_sale=True,
)

payments = st.builds(
    SALE._replace,
    status=st.sampled_from(["open", "settled", "expired", "recorded", "undone"]),
    amount_vnd=st.integers(0, 10**9),
    tender=st.sampled_from(["bank_transfer", "cash"]),
    venue_id=st.sampled_from(["tower", "house"]),
    business_date=st.dates(date(2026, 1, 1), date(2026, 1, 3)),
    occurred_at=st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2), timezones=st.just(UTC)),  # noqa: DTZ001
    partition=st.integers(0, 1),
)


@given(st.lists(payments, min_size=1, max_size=6))
def test_any_chain_of_corrections_leaves_only_its_last_version(versions: list[Payment]) -> None:
    chained, direct = Deltas(), Deltas()
    for old, new in zip([None, *versions], versions, strict=False):
        chained.move_payment(old, new, KINDS)
    direct.move_payment(None, versions[-1], KINDS)
    assert _cells(chained) == _cells(direct)


def _cells(deltas: Deltas) -> list[list[tuple[object, int, int]]]:
    rollups = (changed(deltas.minutes), changed(deltas.hours), changed(deltas.days))
    return [[(key, cell.payments, cell.amount_vnd) for key, cell in cells] for cells in rollups]


def test_minutes_are_of_the_event_and_days_of_business() -> None:
    deltas = Deltas()
    deltas.move_payment(None, SALE._replace(business_date=date(2026, 11, 23)), KINDS)
    assert [key.minute for key in deltas.minutes] == [datetime(2026, 11, 24, 5, 0, tzinfo=UTC)]
    assert [key.day for key in deltas.days] == [date(2026, 11, 23)]


@pytest.mark.parametrize(("late_by", "marked"), [(timedelta(hours=1), False), (timedelta(hours=1, seconds=1), True)])
def test_a_bucket_is_marked_as_revised_when_its_event_came_over_an_hour_late(late_by: timedelta, marked: bool) -> None:
    deltas = Deltas()
    deltas.move_payment(None, SALE._replace(recorded_at=NOON + late_by), KINDS)
    assert [cell.revised_at is not None for cell in deltas.days.values()] == [marked]


@pytest.mark.parametrize("days_late", [(1, 40), (40, 1)])
def test_a_bucket_revised_more_than_once_carries_the_newest_time(days_late: tuple[int, int]) -> None:
    deltas = Deltas()
    for days in days_late:
        deltas.move_payment(None, SALE._replace(recorded_at=NOON + timedelta(days=days)), KINDS)
    assert [cell.revised_at for cell in deltas.days.values()] == [NOON + timedelta(days=40)]


def test_changes_come_in_the_order_of_their_keys() -> None:
    deltas = Deltas()
    sales = [SALE._replace(business_date=date(2026, 1, day)) for day in range(1, 20)]
    random.Random(1).shuffle(sales)
    for sale in sales:
        deltas.move_payment(None, sale, KINDS)
    keys = [key for key, _ in changed(deltas.days)]
    assert keys == sorted(keys)


def test_an_event_is_read_as_its_fact() -> None:
    fact = read(VENUE.TYPE, msgspec.json.encode(VENUE), 0)
    assert fact == Venue("tower", 2, "Cột cờ", "Tower", "scenic_site", "026", "00715", on_sale=True)


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("", b"{}", "missing_type"),
        (VENUE.TYPE, None, "broken_contract"),
        (VENUE.TYPE, b"[]", "broken_contract"),
        (VENUE.TYPE, msgspec.json.encode(msgspec.structs.replace(VENUE, version=2**62 + 1)), "broken_contract"),
        (VENUE.TYPE, msgspec.json.encode(msgspec.structs.replace(VENUE, name_vi="a\0b")), "broken_contract"),
    ],
)
def test_what_the_database_could_not_hold_is_poison(kind: str, payload: bytes | None, reason: str) -> None:
    with pytest.raises(Poison) as caught:
        read(kind, payload, 0)
    assert caught.value.reason == reason


def test_a_type_of_a_newer_producer_is_passed_over() -> None:
    with pytest.raises(UnknownType):
        read("ticketing.venue_changed.v2", b"{}", 0)


def test_the_headline_leaves_out_venues_that_record_no_cash() -> None:
    honest = Sums(payments=4, cashless_payments=1, amount_vnd=400, cashless_vnd=100)
    silent = Sums(payments=10, cashless_payments=10, amount_vnd=1000, cashless_vnd=1000)
    values = {one.key: one.value_bp for one in indicators_of([honest, silent, Sums()], EVERY_TEXT.spoken("vi"))}
    assert values == {"share_reporting": 2500, "coverage": 5000, "share_value": 7857, "share_count": 7857}


def test_a_share_of_nothing_is_unknown() -> None:
    assert {one.value_bp for one in indicators_of([], EVERY_TEXT.spoken("en"))} == {None}


def test_every_indicator_says_what_it_cannot_see_in_both_languages() -> None:
    for language in LANGUAGES:
        for one in indicators_of([], EVERY_TEXT.spoken(language)):
            assert one.cannot_see
            assert one.numerator_is != one.denominator_is


def test_blank_days_are_today_in_ha_giang() -> None:
    evening = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # already the 25th there
    assert Days.read("", "", evening) == Days(date(2026, 11, 25), date(2026, 11, 25))


@pytest.mark.parametrize(
    "days",
    [
        ("2026-11-25", "2026-11-24"),
        ("x", ""),
        ("2025-01-01", "2026-11-24"),
        ("", "9999-12-31"),
        ("0001-01-01", "0001-01-02"),
    ],
)
def test_a_range_that_is_none_is_refused(days: tuple[str, str]) -> None:
    with pytest.raises(DaysWrong):
        Days.read(*days, NOON)


def test_a_worker_may_read_a_share_of_the_partitions() -> None:
    assert share_of("1/1") == PartitionShare(0, 1)
    assert share_of("2/4") == PartitionShare(1, 4)
    for wrong in ("0/1", "3/2", "a/b", ""):
        with pytest.raises(SettingsWrong):
            share_of(wrong)
