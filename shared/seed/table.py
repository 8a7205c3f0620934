"""A CSV file as rows whose cells are read with a type, and whose mistakes name file and line."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

V = TypeVar("V", bound=str)

_TRUTH = {"yes": True, "no": False}
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00"


class SeedError(Exception):
    """A seed file breaks a rule; the text names the file and the line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; line counts from 1, the header included."""

    file: str
    line: int
    cells: dict[str, str]

    def error(self, problem: str) -> SeedError:
        return SeedError(f"{self.file} line {self.line}: {problem}")

    def optional(self, column: str) -> str:
        return self.cells[column].strip()

    def text(self, column: str) -> str:
        """A cell that must not be blank."""
        value = self.optional(column)
        if not value:
            raise self.error(f"{column} is blank")
        return value

    def matching(self, column: str, pattern: str, meaning: str) -> str:
        """A cell that the whole pattern matches; meaning says in words what it should be."""
        value = self.text(column)
        if not re.fullmatch(pattern, value):
            raise self.error(f"{column} should be {meaning}, not {value!r}")
        return value

    def whole(self, column: str, least: int, most: int) -> int:
        """An integer, least <= value <= most, written with the digits 0 to 9 alone."""
        value = int(self.matching(column, r"[0-9]{1,15}", "a whole number"))
        if not least <= value <= most:
            raise self.error(f"{column} should be {least} to {most}, not {value}")
        return value

    def number(self, column: str) -> float | None:
        """A decimal number, or None when blank. Never used for money."""
        if not self.optional(column):
            return None
        return float(self.matching(column, r"-?[0-9]+(\.[0-9]+)?", "a number"))

    def choice(self, column: str, allowed: tuple[V, ...]) -> V:
        return self._one_of(self.text(column), column, allowed)

    def choices(self, column: str, allowed: tuple[V, ...]) -> tuple[V, ...]:
        """One or more of the allowed words, separated by semicolons, each once."""
        found = tuple(self._one_of(word, column, allowed) for word in self.words(column))
        if not found or len(set(found)) < len(found):
            raise self.error(f"{column} should name one or more, each once")
        return found

    def words(self, column: str) -> tuple[str, ...]:
        """The parts of a cell between semicolons; none when it is blank."""
        return tuple(self.optional(column).split(";")) if self.optional(column) else ()

    def truth(self, column: str) -> bool:
        return _TRUTH[self.choice(column, ("yes", "no"))]

    def day(self, column: str) -> date:
        value = self.matching(column, r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date like 2026-09-01")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.error(f"{column} is no date: {value!r}") from None

    def optional_day(self, column: str) -> date | None:
        return self.day(column) if self.optional(column) else None

    def minute(self, column: str) -> int:
        """Minute of the day of a clock time, 00:00 to 24:00."""
        value = self.matching(column, _CLOCK, "a time like 07:30")
        return int(value[:2]) * 60 + int(value[3:])

    def _one_of(self, value: str, column: str, allowed: tuple[V, ...]) -> V:
        for word in allowed:
            if word == value:
                return word
        raise self.error(f"{column} should be one of {', '.join(allowed)}, not {value!r}")


def read_table(folder: Path, file: str, columns: tuple[str, ...]) -> list[Row]:
    """The rows of a file that has at least these columns; other columns (provenance) are not looked at."""
    rows = list(_rows(folder, file, columns))
    if not rows:
        raise SeedError(f"{file}: no rows")
    return rows


def refuse_repeats(rows: list[Row], *columns: str) -> None:
    """Raises at the first row whose cells in these columns, taken together, stood in an earlier row."""
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        key = tuple(row.optional(column) for column in columns)
        if key in seen:
            raise row.error(f"{' '.join(key)} is already on line {seen[key]}")
        seen[key] = row.line


def _rows(folder: Path, file: str, columns: tuple[str, ...]) -> Iterator[Row]:
    try:
        stream = (folder / file).open(encoding="utf-8", newline="")
    except FileNotFoundError:
        raise SeedError(f"{file}: no such file in {folder}") from None
    with stream:
        reader = csv.reader(stream, strict=True)
        try:
            header = next(reader, list[str]())
            if missing := [column for column in columns if column not in header]:
                raise SeedError(f"{file} line 1: missing column {', '.join(missing)}")
            for cells in reader:
                row = Row(file, reader.line_num, dict(zip(header, cells, strict=False)))
                if len(cells) != len(header):
                    raise row.error(f"{len(cells)} cells, but the header has {len(header)}")
                yield row
        except (csv.Error, UnicodeDecodeError) as error:
            raise SeedError(f"{file} after line {reader.line_num}: {error}") from error
