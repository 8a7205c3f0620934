"""CPU by process, from the kernel's own count in /proc: what a load spent beyond what the same parts take at rest."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.memory import family
from tests.support.real_system import RealSystem

GENERATOR = "generator"
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
# A session's title begins with its user and its database; PostgreSQL's own helpers have one word there.
_SESSION = re.compile(rb"postgres: \S+ (\S+) \S+\(\d+\)")
_ITSELF = "PostgreSQL itself"


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU seconds so far: by name and process, and of all of PostgreSQL with its sessions that have ended."""

    seconds: Mapping[tuple[str, int], float]
    postgres_s: float

    def since(self, before: "Reading") -> dict[str, float]:
        """CPU seconds by name between two readings, those of PostgreSQL by database."""
        spent: dict[str, float] = {}
        for (name, pid), seconds in self.seconds.items():
            spent[name] = spent.get(name, 0.0) + seconds - before.seconds.get((name, pid), 0.0)
        in_databases = sum(seconds for name, seconds in spent.items() if name.startswith("PostgreSQL"))
        # Read one after the other, so at rest it may come out a moment below nothing.
        spent[_ITSELF] = max(0.0, self.postgres_s - before.postgres_s - in_databases)
        return spent


def read(system: RealSystem) -> Reading:
    """Services and Kafka with their children, PostgreSQL's sessions by database, and ourselves."""
    seconds = {(GENERATOR, os.getpid()): spent_s(os.getpid())}
    # Two of a role count as one.
    names = {"kafka": "kafka", **{one.name: one.kind for one in system.members()}}
    for process, name in names.items():
        seconds |= {(name, pid): spent_s(pid) for pid in family(_pid(system, process))}
    postmaster, *children = family(_pid(system, "postgres"))
    postgres_s = spent_s(postmaster, with_ended_children=True)
    for pid in children:
        own_s = spent_s(pid)
        postgres_s += own_s
        if (title := _SESSION.match(_title(pid))) is not None:
            seconds[f"PostgreSQL for {title[1].decode()}", pid] = own_s
    return Reading(seconds, postgres_s)


def beyond_rest(spent: Mapping[str, float], rest_per_s: Mapping[str, float], for_s: float) -> dict[str, float]:
    """CPU seconds without what the parts would have taken doing nothing. The generator has no rest to speak of."""
    return {
        name: max(0.0, seconds - (0 if name == GENERATOR else rest_per_s.get(name, 0.0) * for_s))
        for name, seconds in spent.items()
    }


def _pid(system: RealSystem, name: str) -> int:
    pid = system.pid(name)
    assert pid is not None, name
    return pid


def spent_s(pid: int, *, with_ended_children: bool = False) -> float:
    """User and system time; 0 for a process that ended meanwhile, whose time its parent has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    # The program's name stands in brackets and may hold blanks, so count from the last bracket on.
    fields = stat.rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if with_ended_children else 13])) * _TICK_S


def _title(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
