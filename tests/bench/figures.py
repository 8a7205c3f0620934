"""Measured figures and their table. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `limit` is what the parts below us manage, measured in the same run.

    holds: None for what is only reported.
    """

    what: str
    measured: str
    limit: str = ""
    wanted: str = ""
    holds: bool | None = None


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ms(seconds: Sequence[float], percent: float) -> float:
    return percentile(seconds, percent) * 1000


def spread(seconds: Sequence[float], *percents: float) -> str:
    """Percentiles in milliseconds: "p50 1.2, p99 3.4 ms"."""
    return ", ".join(f"p{percent:g} {ms(seconds, percent):.1f}" for percent in percents) + " ms"


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text."""
    rows = [("", "measured", "limit, same run", "wanted", "")]
    rows += [(figure.what, figure.measured, figure.limit, figure.wanted, _verdict(figure)) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def _verdict(figure: Figure) -> str:
    return "" if figure.holds is None else "ok" if figure.holds else "MISSED"
