"""Memory of each part of a running system, as the kernel counts it."""

import re
from pathlib import Path

from tests.bench.figures import Figure, Number, figure
from tests.support.real_system import RealSystem


def measure_memory(system: RealSystem) -> list[Figure]:
    """RSS of each program; of PostgreSQL, which shares pages among its processes, their proportional shares."""
    figures: list[Figure] = []
    for name in ("postgres", "kafka", *(member.name for member in system.members())):
        pid = system.pid(name)
        assert pid is not None
        kind, pids = ("PSS of all processes", family(pid)) if name == "postgres" else ("RSS", [pid])
        megabytes = sum(_kilobytes(one, kind[:3]) for one in pids) / 1024
        figures.append(figure(f"memory of {name}", Number("", megabytes, "MB"), limit=kind))
    return figures


def family(pid: int) -> list[int]:
    """A program with its children; PostgreSQL's put themselves into groups of their own."""
    found = [pid]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="ascii", errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            # The program's name stands in brackets and may hold blanks, so count from the last bracket on.
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
    return found


def _kilobytes(pid: int, kind: str) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0  # a session of PostgreSQL that ended meanwhile
    found = re.search(rf"^{kind.capitalize()}: +(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1])
