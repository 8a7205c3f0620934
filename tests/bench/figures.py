"""Measured figures, their table, and how many times better one system's are than another's. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Number:
    """One value with its unit, and what it must reach. `times`: so many times better than another release's.

    is_compared: False for what says how we measured, not how good what is measured is.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    times: float | None = None
    is_compared: bool = True

    @property
    def holds(self) -> bool | None:
        """None for what is only reported."""
        if self.at_most is None and self.at_least is None:
            return None
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def is_better_when_high(self) -> bool:
        return self.unit == "/s"

    @property
    def text(self) -> str:
        return _named(self.name, f"{_digits(self.value)}{_spaced(self.unit)}")

    @property
    def wanted(self) -> str:
        bounds = (("<=", self.at_most), (">=", self.at_least))
        said = [f"{sign} {bound:g}{_spaced(self.unit)}" for sign, bound in bounds if bound is not None]
        return _named(self.name, " and ".join(said)) if said else ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `limit` is what the parts below us manage, measured in the same run.

    holds: None for what is only reported. numbers: the same as `measured`, for programs. parts: of which the first of
    them is the sum, by process or database.
    """

    what: str
    measured: str
    limit: str = ""
    wanted: str = ""
    holds: bool | None = None
    numbers: tuple[Number, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict[str, float])


def figure(what: str, *numbers: Number, limit: str = "", parts: Mapping[str, float] | None = None) -> Figure:
    """A line of these numbers, with what they must reach."""
    verdicts = [number.holds for number in numbers if number.holds is not None]
    return Figure(
        what,
        ", ".join(number.text for number in numbers),
        limit,
        ", ".join(number.wanted for number in numbers if number.wanted),
        all(verdicts) if verdicts else None,
        numbers,
        parts or {},
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def ms(seconds: Sequence[float], percent: float) -> float:
    return percentile(seconds, percent) * 1000


def spread(seconds: Sequence[float], *percents: float) -> str:
    """Percentiles in milliseconds: "p50 1.2, p99 3.4 ms"."""
    return ", ".join(f"p{percent:g} {ms(seconds, percent):.1f}" for percent in percents) + " ms"


def beside(ours: Sequence[Figure], theirs: Sequence[Figure]) -> list[Figure]:
    """How many times better each number of ours is than the same of theirs, measured in the same run."""
    other = {(figure.what, number.name): number.value for figure in theirs for number in figure.numbers}
    found: list[Figure] = []
    for line in ours:
        numbers = [
            Number(number.name, _times_better(number, before), "times", at_least=number.times)
            for number in line.numbers
            if number.is_compared and (before := other.get((line.what, number.name)))
        ]
        if numbers:
            found.append(figure(f"{line.what.rstrip()}: better by", *numbers))
    return found


def _times_better(number: Number, before: float) -> float:
    return number.value / before if number.is_better_when_high else before / max(number.value, 1e-9)


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text."""
    rows = [("", "measured", "limit, same run", "wanted", "")]
    rows += [(figure.what, figure.measured, figure.limit, figure.wanted, _verdict(figure)) for figure in figures]
    return _aligned(rows)


def by_part(figures: Sequence[Figure]) -> str:
    """Of "load: kind" with parts a table a kind: a row a part, a column a load."""
    kinds: dict[str, dict[str, Figure]] = {}
    for figure in figures:
        if figure.parts:
            load, _, kind = figure.what.strip().partition(": ")
            kinds.setdefault(kind, {})[load] = figure
    return "\n\n".join(_aligned(_rows(kind, loads)) for kind, loads in kinds.items())


def _rows(kind: str, loads: Mapping[str, Figure]) -> list[Sequence[str]]:
    names = sorted({name for figure in loads.values() for name in figure.parts})
    return [(kind, *loads), *((name, *(_digits(one.parts.get(name, 0)) for one in loads.values())) for name in names)]


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def as_data(figures: Sequence[Figure]) -> list[Mapping[str, object]]:
    """The figures for a JSON file: values with unit and bounds."""
    return [asdict(figure) for figure in figures]


def _verdict(figure: Figure) -> str:
    return "" if figure.holds is None else "ok" if figure.holds else "MISSED"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _spaced(unit: str) -> str:
    return unit if unit.startswith("/") else f" {unit}".rstrip()


def _named(name: str, text: str) -> str:
    return f"{name} {text}".strip()
