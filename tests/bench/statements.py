"""Statements and commits of a load, from PostgreSQL's own log, in a pass of its own, since writing it costs time."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.subject import Subject

# "time [session] database LOG:  duration: 0.1 ms  execute name: SELECT"; parsing and binding have lines of their own,
# and BEGIN and COMMIT come as simple statements.
_LINE = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] (\w+) LOG:  duration: [\d.]+ ms  (?:statement|execute [^:]*): ?(.*)")
_WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE (?!OF\b|SKIP\b|NOWAIT\b)\w|DELETE FROM|MERGE INTO)")
_NEW_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
SERVICES = ("ticketing", "payments", "analytics")
# Analytics counts in batches of its own, so it is no part of what a unit takes on its way.
ON_THE_WAY = ("ticketing", "payments")


@dataclass(slots=True)
class Said:
    """By database. Commits are those of transactions, and writes that stand alone, as the relay's marks do."""

    statements: Counter[str] = field(default_factory=Counter[str])
    commits: Counter[str] = field(default_factory=Counter[str])


def count(lines: Iterable[str]) -> Said:
    """What a log says that was done. Sessions are told apart, since their lines are mixed."""
    said = Said()
    within: set[str] = set()
    for session, database, statement in _statements(lines):
        if database not in SERVICES:
            continue
        said.statements[database] += 1
        word = statement.lstrip()[:8].upper().rstrip(";").split(" ", maxsplit=1)[0]
        if word in ("BEGIN", "START"):
            within.add(session)
        elif word in ("COMMIT", "END", "ROLLBACK"):
            within.discard(session)
            said.commits[database] += word != "ROLLBACK"
        elif session not in within and _WRITES.search(statement):
            said.commits[database] += 1
    return said


def _statements(lines: Iterable[str]) -> Iterable[tuple[str, str, str]]:
    """Session, database and text of each statement; a text goes on in lines without a time."""
    found: tuple[str, str, str] | None = None
    for line in lines:
        if _NEW_LINE.match(line):
            if found is not None:
                yield found
            begun = _LINE.match(line)
            found = None if begun is None else (begun[1], begun[2], begun[3])
        elif found is not None:
            found = (found[0], found[1], f"{found[2]}\n{line}")
    if found is not None:
        yield found


@asynccontextmanager
async def logged(subject: Subject) -> AsyncGenerator[Said]:
    """Has the server log every statement for as long; what is given is filled in at the end."""
    said = Said()
    await _set(subject, "SET log_min_duration_statement = 0")
    begins_at = subject.postgres_log.stat().st_size
    try:
        yield said
    finally:
        await _set(subject, "RESET log_min_duration_statement")
    found = await asyncio.to_thread(_read, subject.postgres_log, begins_at)
    said.statements, said.commits = found.statements, found.commits


async def _set(subject: Subject, change: str) -> None:
    """Every session has heard it when it next does something; ours, which waits here, stands for them."""
    connection = subject.databases["ticketing"]
    await connection.execute(f"ALTER SYSTEM {change}")
    await connection.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(0.5)


def _read(log: Path, begins_at: int) -> Said:
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(begins_at)
        return count(line.rstrip("\n") for line in file)
