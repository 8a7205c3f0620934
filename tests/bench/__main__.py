"""`./run bench`: one table, each figure beside its limit measured in the same run. Exit code 1: a target is missed."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import uvloop

from deploy.local.console import say, step
from tests.bench.admission import measure_admission
from tests.bench.analytics import measure_analytics
from tests.bench.chain import measure_paid_orders, measure_ticket_latency
from tests.bench.figures import Figure, table
from tests.bench.memory import measure_memory
from tests.support.buyers import Gates
from tests.support.gate import VENUE
from tests.support.real_system import RealSystem, running_system, services_here


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="mot-cham-bench-", ignore_cleanup_errors=True) as folder:
        system = RealSystem.make(Path(folder), services_here(), "WARNING")
        with running_system(system), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            figures = runner.run(_measure(system))
    say(f"\n{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} over the last 5 minutes, everything on one machine")
    say(table(figures))
    return 1 if any(figure.holds is False for figure in figures) else 0


async def _measure(system: RealSystem) -> list[Figure]:
    figures: list[Figure] = []
    with step("admission"):
        figures.append(await measure_admission(system, await Gates.pair(system, [VENUE])))
    with step("bank event to ticket"):
        figures += await measure_ticket_latency(system)
    with step("paid orders through the whole chain"):
        figures.append(await measure_paid_orders(system))
    with step("analytics"):
        figures.append(await measure_analytics(system))
    return figures + measure_memory(system)


if __name__ == "__main__":
    sys.exit(main())
