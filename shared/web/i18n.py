"""Both languages from one catalogue, and how money, dates and shares are written. It knows no request.

The texts stand in shared/web/messages/<area>.toml, both languages side by side. An English text that differs for one
thing has a third form, `en_one`, taken when the value `count` is 1; Vietnamese has no plural.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal, TypeGuard, get_args

from shared.clock import ZONE

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "vi"
MESSAGES = Path(__file__).parent / "messages"
NO_BREAK_SPACE = "\u00a0"
_FORMS = ("vi", "en", "en_one")
_ALL_BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Text:
    """One message in all its forms."""

    vi: str
    en: str
    en_one: str | None = None

    def form(self, language: Language, count: object = None) -> str:
        if language == "en":
            return self.en if count != 1 or self.en_one is None else self.en_one
        return self.vi


class UnknownMessage(KeyError):
    """No text has this key: a fault of the template, never of its reader."""


def translate(key: str, language: Language, /, **values: object) -> str:
    """The text of a key with its `{name}` placeholders filled in; raises UnknownMessage or KeyError."""
    text = catalogue().get(key)
    if text is None:
        raise UnknownMessage(key)
    return text.form(language, values.get("count")).format_map(values)


def knows(key: str) -> bool:
    return key in catalogue()


def export(keys: Iterable[str], language: Language) -> dict[str, str]:
    """Raw texts for a script, by key; `key#one` is the form for one. A key ending in a dot means all below it."""
    exported: dict[str, str] = {}
    for asked in keys:
        found = [key for key in catalogue() if key.startswith(asked)] if asked.endswith(".") else [asked]
        if not found:
            raise UnknownMessage(asked)
        for key in found:
            if not knows(key):
                raise UnknownMessage(key)
            text = catalogue()[key]
            exported[key] = text.form(language)
            if language == "en" and text.en_one is not None:
                exported[f"{key}#one"] = text.en_one
    return exported


@cache
def catalogue() -> Mapping[str, Text]:
    """All messages of all areas by dotted key, read once."""
    texts: dict[str, Text] = {}
    for path in sorted(MESSAGES.glob("*.toml")):
        for key, text in _texts_below("", tomllib.loads(path.read_text("utf-8"))):
            if key in texts:
                raise ValueError(f"{path.name}: the key {key} stands in two files")
            texts[key] = text
    return texts


def _texts_below(key: str, table: Mapping[str, object]) -> Iterable[tuple[str, Text]]:
    forms = {name: value for name, value in table.items() if name in _FORMS and isinstance(value, str)}
    if forms:
        if not {"vi", "en"} <= forms.keys():
            raise ValueError(f"the key {key} lacks a language")
        yield key, Text(**forms)
    for name, value in table.items():
        if name in forms:
            continue
        if not _is_table(value):
            raise ValueError(f"the key {key}.{name} is neither a text nor a table")
        yield from _texts_below(f"{key}.{name}" if key else name, value)


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def is_language(value: object) -> TypeGuard[Language]:
    return value in LANGUAGES


def choose_language(asked: str | None, remembered: str | None, accept_language: str) -> Language:
    """The language of a page: asked for in the address, else the cookie's, else the browser's, else Vietnamese.

    A browser that wants neither of ours is a foreign visitor's, and gets English.
    """
    for candidate in (asked, remembered):
        if is_language(candidate):
            return candidate
    weighted = sorted(map(_weight, accept_language.split(",")), key=lambda pair: -pair[0])
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
