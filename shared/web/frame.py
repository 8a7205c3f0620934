"""The frame of the pages of staff: where else a person may go, by their role. It names no page itself.

The entries stand in `frame.toml` of the rooms' web folders. `python -m deploy.tools.frame` gathers them into
frame.json, because no service reads the files of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from shared.passes.auth import Role
from shared.web.i18n import Language

FRAME = Path(__file__).with_name("frame.json")


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of staff; `place` orders the entries of all services."""

    key: str
    place: int
    href: str
    roles: tuple[Role, ...]
    text: Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry on a page; `current` is what aria-current says of it, or nothing."""

    href: str
    text: str
    current: str


@cache
def entries() -> tuple[Entry, ...]:
    return msgspec.json.decode(FRAME.read_bytes(), type=tuple[Entry, ...])


def shown_to(role: Role, path: str, language: Language) -> list[Shown]:
    """The entries for a role, in order; one of them is where the page at `path` belongs."""
    allowed = [entry for entry in entries() if role in entry.roles]
    around = [entry.href for entry in allowed if f"{path}/".startswith(f"{entry.href}/")]
    here = max(around, key=len, default="")
    return [Shown(entry.href, entry.text[language], _current(entry.href, here, path)) for entry in allowed]


def _current(href: str, here: str, path: str) -> str:
    if href != here:
        return ""
    return "page" if href == path else "true"
