"""Whole đồng: an integer and nothing else. Whatever rounds or reads an amount lives here and says how."""

import re
from typing import NewType

from shared.errors import DomainError

Dong = NewType("Dong", int)

ZERO = Dong(0)
BASIS_POINTS = 10_000
_DIGITS = 12
# A separator beside "k" could as well begin a fraction (1.500k), so the short forms take none. "1tr5" is a million and
# a half to everybody; of "1tr50" people would say two different things.
_WRITTEN = re.compile(
    r"(?:(?P<whole>[0-9]+)"
    r"|(?P<grouped>[1-9][0-9]{0,2}(?P<sign>[., \u00a0])[0-9]{3}(?:(?P=sign)[0-9]{3})*)"
    r"|(?P<thousands>[0-9]+) ?k"
    r"|(?P<millions>[0-9]+)tr(?P<tenth>[0-9]?))"
    r"[ \u00a0]?[₫đ]?"
)


class AmountUnreadable(DomainError):
    """What was typed is no whole amount of đồng, or could mean more than one."""

    code = "amount_unreadable"


def read_amount(typed: str) -> Dong:
    """The amount a person wrote: 350000, 350.000 ₫, 350,000, 350 000, 350k, 2tr or 1tr5; AmountUnreadable for the rest.

    Separators stand only between groups of three digits, one kind in a number: a misplaced one may be a decimal point.
    """
    written = _WRITTEN.fullmatch(typed.strip().lower())
    if written is None:
        raise AmountUnreadable
    if written["thousands"]:
        digits = f"{written['thousands']}000"
    elif written["millions"]:
        digits = f"{written['millions']}{written['tenth'] or 0}00000"
    else:
        digits = written["whole"] or written["grouped"].replace(written["sign"], "")
    if len(digits) > _DIGITS:
        raise AmountUnreadable
    return Dong(int(digits))


def percent(amount_vnd: Dong, basis_points: int) -> Dong:
    """Part of an amount, rounded half up to a whole đồng; basis_points 0..10,000 (100 = 1 %)."""
    assert 0 <= basis_points <= BASIS_POINTS
    return Dong((amount_vnd * basis_points * 2 + BASIS_POINTS) // (BASIS_POINTS * 2))


def share_basis_points(part: int, whole: int) -> int | None:
    """A share in basis points, rounded half up; None when there is nothing to share in."""
    if whole == 0:
        return None
    return (part * BASIS_POINTS * 2 + whole) // (whole * 2)
