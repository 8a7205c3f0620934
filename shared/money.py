"""Whole đồng: an integer and nothing else. Whatever rounds lives here and says how."""

from typing import NewType

Dong = NewType("Dong", int)

ZERO = Dong(0)
BASIS_POINTS = 10_000


def percent(amount_vnd: Dong, basis_points: int) -> Dong:
    """Part of an amount, rounded half up to a whole đồng; basis_points 0..10,000 (100 = 1 %)."""
    assert 0 <= basis_points <= BASIS_POINTS
    return Dong((amount_vnd * basis_points * 2 + BASIS_POINTS) // (BASIS_POINTS * 2))


def share_basis_points(part: int, whole: int) -> int | None:
    """A share in basis points, rounded half up; None when there is nothing to share in."""
    if whole == 0:
        return None
    return (part * BASIS_POINTS * 2 + whole) // (whole * 2)
