"""How money, days and shares are written, and which language a page speaks."""

from datetime import UTC, date, datetime

import pytest

from shared.web import i18n
from shared.web.texts import UnknownMessage
from tests.support.texts import EVERY_TEXT, translate

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (900, "900"), (75_000, "75.000"), (1_250_000, "1.250.000"), (10**9, "1.000.000.000")]
)
def test_money_has_dots_and_stays_in_one_piece(amount: int, text: str) -> None:
    assert i18n.money(amount) == f"{text}{NBSP}₫"


def test_a_day_is_written_day_first_in_both_languages() -> None:
    assert i18n.day(date(2026, 11, 4)) == "04/11/2026"


def test_an_instant_is_shown_in_the_time_of_ha_giang() -> None:
    late_evening_utc = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)

    assert i18n.clock_time(late_evening_utc) == "01:05"
    assert i18n.day(late_evening_utc) == "25/11/2026"


@pytest.mark.parametrize(
    ("basis_points", "vi", "en"),
    [
        (0, "0", "0"),
        (1, "0,1", "0.1"),
        (6250, "62,5", "62.5"),
        (6204, "62", "62"),
        (8667, "86,7", "86.7"),
        (9999, "99,9", "99.9"),
        (10_000, "100", "100"),
    ],
)
def test_a_share_is_rounded_but_a_part_never_to_none_or_all(basis_points: int, vi: str, en: str) -> None:
    assert i18n.percent(basis_points, "vi") == f"{vi}{NBSP}%"
    assert i18n.percent(basis_points, "en") == f"{en}%"


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "chosen"),
    [
        ("en", "vi", "vi", "en"),
        (None, "en", "vi", "en"),
        ("fr", None, "en", "en"),
        (None, None, "fr, en-GB;q=0.8, vi;q=0.5", "en"),
        (None, None, "en;q=0, vi", "vi"),
        (None, None, "en;q=nonsense", "vi"),
        (None, None, "de-DE, de;q=0.9", "en"),
        (None, None, "ko-KR, *;q=0.1", "en"),
        (None, None, "*", "vi"),
        (None, None, "", "vi"),
    ],
)
def test_the_address_wins_over_the_cookie_over_the_browser_and_a_foreign_browser_gets_english(
    asked: str | None, remembered: str | None, accepted: str, chosen: str
) -> None:
    assert i18n.choose_language(asked, remembered, accepted) == chosen


def test_an_unknown_key_raises() -> None:
    with pytest.raises(UnknownMessage):
        translate("common.nothing_like_this", "vi")
    with pytest.raises(UnknownMessage):
        EVERY_TEXT.export(["nothing_below_this."], "vi")


def test_a_text_whose_value_is_missing_raises() -> None:
    with pytest.raises(KeyError):
        translate("visitor.venue.next_open", "vi")


def test_english_has_a_form_for_one() -> None:
    assert translate("visitor.venue.left", "en", count=1) == "One place is left."
    assert translate("visitor.venue.left", "en", count=4) == "4 places are left."
    assert translate("visitor.venue.left", "vi", count=1) == "Còn 1 chỗ."


def test_scripts_get_raw_texts_and_the_form_for_one() -> None:
    exported = EVERY_TEXT.export(["visitor.venue.left"], "en")

    assert exported == {
        "visitor.venue.left": "{count} places are left.",
        "visitor.venue.left#one": "One place is left.",
    }
