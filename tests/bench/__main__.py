"""`./run bench`: one table, each figure beside its limit measured in the same run. Exit code 1: a target is missed."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import uvloop

from deploy.console import Problem, say, step
from deploy.local.paths import ROOT
from tests.bench.admission import admission
from tests.bench.analytics import measure_analytics
from tests.bench.figures import Figure, as_data, beside, by_part, table
from tests.bench.hot_day import HOT_DAY, SOLD_OUT
from tests.bench.load import Bounds
from tests.bench.measure import Pace, measure
from tests.bench.memory import measure_memory
from tests.bench.paid_orders import PAID_ORDERS
from tests.bench.stored import store
from tests.bench.subject import NotExact, Subject, make_system, subject_of
from tests.bench.ticket_latency import ticket_latency
from tests.bench.updates import measure_updates
from tests.support.real_system import RealSystem, running_system

# The unpaid orders of the hot day end a quarter of an hour later, so it comes last.
LOADS = (
    admission(8, {"rate": Bounds(at_least=850), "p95": Bounds(at_most=15), "CPU": Bounds(at_most=1.5)}),
    admission(32, {"rate": Bounds(at_least=1400, times=2.1), "CPU": Bounds(at_most=1.0)}),
    PAID_ORDERS,
    ticket_latency(10),
    ticket_latency(50),
    SOLD_OUT,
    HOT_DAY,
)
ANALYTICS, UPDATES, MEMORY = "analytics", "updates", "memory"


def parser() -> argparse.ArgumentParser:
    """What `./run bench` takes."""
    words = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    names = [*(load.name for load in LOADS), ANALYTICS, UPDATES, MEMORY]
    words.add_argument("--only", metavar="NAME", action="append", choices=names, help=f"one of {', '.join(names)}")
    words.add_argument("--json", metavar="FILE", type=Path, help="writes all figures with unit and limits")
    words.add_argument(
        "--with-stored", metavar="N", type=int, default=0, help="first stores so many orders and tickets"
    )
    words.add_argument("--apart", action="store_true", help="ours with serve, consume and relay apart, two of each")
    words.add_argument("--against", metavar="PATH", type=Path, help="another checkout, measured alternately")
    return words


def main(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    checkouts = [ROOT] if asked.against is None else [ROOT, asked.against.resolve()]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mot-cham-bench-", ignore_cleanup_errors=True))
        systems: list[RealSystem] = []
        for number, checkout in enumerate(checkouts):
            systems.append(make_system(Path(folder) / str(number), checkout, apart=asked.apart and number == 0))
            stack.enter_context(running_system(systems[-1], checkout))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        try:
            by_system = runner.run(_measure(systems, checkouts, asked))
        except (NotExact, Problem) as problem:
            say(f"{type(problem).__name__}: {problem}")
            return 1
        finally:
            for system in systems:
                _show_complaints(system)
    return _tell(checkouts, by_system, asked.json)


async def _measure(
    systems: Sequence[RealSystem], checkouts: Sequence[Path], asked: argparse.Namespace
) -> list[list[Figure]]:
    """The figures by system. Which of two begins changes from load to load."""
    figures: list[list[Figure]] = [[] for _ in systems]
    chosen = [load for load in LOADS if not asked.only or load.name in asked.only]
    async with AsyncExitStack() as stack:
        subjects: list[Subject] = [
            await stack.enter_async_context(subject_of(*one)) for one in zip(systems, checkouts, strict=True)
        ]
        for subject in subjects if asked.with_stored else ():
            with step(f"storing {asked.with_stored:,}"):
                await store(subject, asked.with_stored)
        for turn, load in enumerate(chosen):
            for which in sorted(range(len(subjects)), reverse=turn % 2 == 1):
                with step(f"{load.name} ({checkouts[which].name})"):
                    found = await measure(subjects[which], load, Pace())
                    await subjects[which].verified()
                say(table(found))
                figures[which] += found
        if not asked.only or UPDATES in asked.only:
            for which, subject in enumerate(subjects):
                figures[which] += await measure_updates(subject)
        if not asked.only or ANALYTICS in asked.only:
            with step(ANALYTICS):
                figures[0] += await measure_analytics(systems[0], stored=asked.with_stored)
    if not asked.only or MEMORY in asked.only:
        for which, system in enumerate(systems):
            figures[which] += measure_memory(system)
    return figures


def _tell(checkouts: Sequence[Path], by_system: Sequence[list[Figure]], file: Path | None) -> int:
    ours, *others = by_system
    for theirs in others:
        say(f"\n{checkouts[1]}, in the same run:\n{table(theirs)}\n\n{by_part(theirs)}")
        ours += beside(ours, theirs)
    about = f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes, everything on one machine"
    say(f"\n{about}\n{table(ours)}\n\n{by_part(ours)}")
    if file is not None:
        data = {"about": about, "figures": as_data(ours), "beside": [as_data(theirs) for theirs in others]}
        file.write_text(json.dumps(data, indent=2), encoding="utf-8")
    return 1 if any(figure.holds is False for figure in ours) else 0


def _show_complaints(system: RealSystem) -> None:
    """What the services logged at level warning and above; in a good run nothing."""
    for name in ("supervisor", *(member.name for member in system.members())):
        lines = (system.folder / "log" / f"{name}.log").read_text(encoding="utf-8").splitlines()
        complaints = [line for line in lines if '"level":"info"' not in line and (line[:1] == "{" or "stopped" in line)]
        if complaints:
            say(f"{name} complained in {len(complaints)} lines, the last: {complaints[-1][:500]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
