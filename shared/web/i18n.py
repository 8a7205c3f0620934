"""Which language a page speaks, and how money, dates and shares are written in it. It knows no text and no request."""

from datetime import date, datetime
from typing import Literal, TypeGuard, get_args

from shared.clock import ZONE

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "vi"
NO_BREAK_SPACE = "\u00a0"
_ALL_BASIS_POINTS = 10_000
# No browser's list is longer, and one of 900 kB took half a second to sort.
_ACCEPT_LANGUAGE_READ = 200


def is_language(value: object) -> TypeGuard[Language]:
    return value in LANGUAGES


def choose_language(asked: str | None, remembered: str | None, accept_language: str) -> Language:
    """The language of a page: asked for in the address, else the cookie's, else the browser's, else Vietnamese.

    A browser that wants neither of ours is a foreign visitor's, and gets English.
    """
    for candidate in (asked, remembered):
        if is_language(candidate):
            return candidate
    weighted = sorted(map(_weight, accept_language[:_ACCEPT_LANGUAGE_READ].split(",")), key=lambda pair: -pair[0])
    wanted = [name for quality, name in weighted if quality > 0 and name.isalpha()]
    for name in wanted:
        if is_language(name):
            return name
    return "en" if wanted else DEFAULT_LANGUAGE


def _weight(part: str) -> tuple[float, str]:
    """One part of Accept-Language as (quality, primary language); a malformed one weighs nothing."""
    name, _, quality = part.strip().partition(";q=")
    try:
        return float(quality or "1"), name.split("-")[0].lower()
    except ValueError:
        return 0.0, ""


def number(value: int) -> str:
    """An integer in groups of three with dots, in either language: 1.250.000."""
    return f"{value:,}".replace(",", ".")


def money(amount_vnd: int) -> str:
    """1.250.000 ₫, in either language, in one piece."""
    return f"{number(amount_vnd)}{NO_BREAK_SPACE}₫"


def day(value: date) -> str:
    """24/11/2026 in either language; of an instant, the day in Hà Giang."""
    local = value.astimezone(ZONE) if isinstance(value, datetime) else value
    return f"{local:%d/%m/%Y}"


def clock_time(value: datetime) -> str:
    """14:05 in Hà Giang."""
    return f"{value.astimezone(ZONE):%H:%M}"


def percent(basis_points: int, language: Language) -> str:
    """6250 as "62,5 %" or "62.5%"; a whole number has no decimals, and a part never rounds to none or all."""
    rounded = (basis_points + 5) // 10
    if 0 < basis_points < _ALL_BASIS_POINTS:
        rounded = min(max(rounded, 1), _ALL_BASIS_POINTS // 10 - 1)
    whole, tenths = divmod(rounded, 10)
    text = f"{whole}.{tenths}" if tenths else f"{whole}"
    return f"{text}%" if language == "en" else f"{text.replace('.', ',')}{NO_BREAK_SPACE}%"
