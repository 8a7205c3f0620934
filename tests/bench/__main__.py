"""`./run bench`: one table, each figure beside its limit measured in the same run. Exit code 1: a target is missed."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import uvloop

from deploy.console import say, step
from tests.bench.admission import measure_admission
from tests.bench.analytics import measure_analytics
from tests.bench.chain import measure_paid_orders, measure_ticket_latency
from tests.bench.figures import Figure, table
from tests.bench.memory import measure_memory
from tests.support.buyers import Gates
from tests.support.gate import VENUE
from tests.support.real_system import RealSystem, running_system, services_here


def main(_arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="mot-cham-bench-", ignore_cleanup_errors=True) as folder:
        system = RealSystem.make(Path(folder), services_here())
        with running_system(system), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                figures = runner.run(_measure(system))
            finally:
                _show_complaints(system)
    say(f"\n{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes, everything on one machine")
    say(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


def _show_complaints(system: RealSystem) -> None:
    """What the services logged at level warning and above; in a good run nothing."""
    for name in ("supervisor", *system.http_ports):
        lines = (system.folder / "log" / f"{name}.log").read_text(encoding="utf-8").splitlines()
        complaints = [line for line in lines if '"level":"info"' not in line and (line[:1] == "{" or "stopped" in line)]
        if complaints:
            say(f"{name} complained in {len(complaints)} lines, the last: {complaints[-1][:500]}")


async def _measure(system: RealSystem) -> list[Figure]:
    figures: list[Figure] = []
    with step("admission"):
        figures.append(await measure_admission(system, await Gates.pair(system, [VENUE])))
    say(table(figures))
    with step("bank event to ticket"):
        figures += await measure_ticket_latency(system)
    say(table(figures))
    with step("paid orders through the whole chain"):
        figures.append(await measure_paid_orders(system))
    with step("analytics"):
        figures += await measure_analytics(system)
    return figures + measure_memory(system)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
