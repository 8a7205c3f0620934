"""How fast analytics reads what it has missed: its rebuild, which counts both topics from their beginning."""

import time
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from shared.events.common import Event
from tests.bench.figures import Figure
from tests.support.analytics_stage import NOON, Sale, open_stage, scan, venue
from tests.support.real_system import RealSystem

_SALES = 30_000
_VENUES = 20
_WANTED_PER_S = 30_000


async def measure_analytics(system: RealSystem, sales: int = _SALES) -> Figure:
    """Events a second on a log of its own: each sale is opened, settled and walks in, over a day and some venues."""
    cluster = system.cluster()
    cluster.ensure_owner()
    async with asynccontextmanager(open_stage)(cluster, system.secrets) as stage:
        events = _events(sales)
        await stage.say(*events)
        began = time.perf_counter()
        await stage.rebuild()
        took_s = time.perf_counter() - began
        payments, _ = await stage.taken()
    assert payments == sales
    what = f"analytics catch-up, both topics from 0 ({len(events)} events)"
    return Figure(what, f"{len(events) / took_s:.0f}/s", wanted=f"{_WANTED_PER_S}/s")


def _events(sales: int) -> list[Event]:
    events: list[Event] = [venue(f"venue-{number}") for number in range(_VENUES)]
    for number in range(sales):
        sale = Sale(f"venue-{number % _VENUES}", at=NOON + timedelta(seconds=number))
        events += [sale.opened(), sale.settled(), scan(uuid4(), 1, 1)]
    return events
