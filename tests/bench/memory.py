"""Memory of each part of a running system, as the kernel counts it."""

import os
import re
from pathlib import Path

from tests.bench.figures import Figure
from tests.support.real_system import RealSystem


def measure_memory(system: RealSystem) -> list[Figure]:
    """RSS of each program; of PostgreSQL, which shares pages among its processes, their proportional shares."""
    figures: list[Figure] = []
    for name in ("postgres", "kafka", *system.http_ports):
        pid = system.pid(name)
        assert pid is not None
        kind, pids = ("PSS of all processes", _group(pid)) if name == "postgres" else ("RSS", [pid])
        megabytes = sum(_kilobytes(one, kind[:3]) for one in pids) / 1024
        figures.append(Figure(f"memory of {name}", f"{megabytes:.0f} MB", kind))
    return figures


def _group(pid: int) -> list[int]:
    """The processes of a program, which is the head of its own group."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getpgid(int(entry.name)) == pid:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found


def _kilobytes(pid: int, kind: str) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    found = re.search(rf"^{kind.capitalize()}: +(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return int(found[1])
