"""How fast analytics reads what it has missed: one worker, and two with half the partitions each, from offset 0."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.analytics.stream.rebuild import TABLES
from shared.events.common import Event
from shared.ids import uuid7
from tests.bench.cpu import spent_s
from tests.bench.figures import Figure, Number, figure
from tests.bench.memory import family
from tests.support.analytics_stage import NOON, Sale, Stage, open_stage, scan, venue
from tests.support.forks import end
from tests.support.real_system import RealSystem
from tests.support.waiting import PATIENCE_S, until

_SALES = 60_000
_AT_ONCE, _STORED_AT_ONCE = 5_000, 100_000
_VENUES = 20
_WANTED_PER_S = {1: 50_000, 2: 85_000}
_COUNTED_TO = "SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets"
_BEGUN_BY = "SELECT count(DISTINCT partition) FROM offsets WHERE next_offset > 0"
# As our ids come: sorted by their time. Of venues that the log does not tell of, for they stand in no rollup.
_STORE_PAYMENTS = (
    "INSERT INTO payments SELECT uuidv7(interval '-1 day'), 2, 'settled', 30000, 'bank_transfer', 'stored-' || n % 20,"
    " '026', '00715', date '2026-11-23', timestamptz '2026-11-23 05:00Z', 'web', n % 2"
    " FROM generate_series($1::integer, $2) n"
)
_STORE_ENTRIES = (
    "INSERT INTO entries SELECT uuidv7(interval '-1 day'), 1, 'admitted', 1, 'stored-' || n % 20, 'state_fee',"
    " date '2026-11-23', timestamptz '2026-11-23 05:00Z', false, n % 2 FROM generate_series($1::integer, $2) n"
)


async def measure_analytics(system: RealSystem, sales: int = _SALES, stored: int = 0) -> list[Figure]:
    """Events a second, and CPU an event of the workers and of PostgreSQL; for one worker and for two.

    The log is the bench's own: each sale is opened, settled and walks in, over a day and some venues. stored: so many
    payments and so many entries stand there already.
    """
    cluster = system.cluster()
    cluster.ensure_owner()
    postgres = system.pid("postgres")
    assert postgres is not None
    async with asynccontextmanager(open_stage)(cluster, system.secrets) as stage:
        await _say(stage, sales)
        figures: list[Figure] = []
        for workers in (1, 2):
            await _empty(stage, stored)
            figures.append(await _catch_up(stage, workers, _VENUES + 3 * sales, postgres))
            payments, _ = await stage.taken()
            assert payments == sales
        return figures


async def _say(stage: Stage, sales: int) -> None:
    await stage.say(*(venue(f"venue-{number}") for number in range(_VENUES)))
    for first in range(0, sales, _AT_ONCE):
        events: list[Event] = []
        for number in range(first, min(first + _AT_ONCE, sales)):
            sale = Sale(f"venue-{number % _VENUES}", at=NOON + timedelta(seconds=number), payment_id=uuid7())
            events += [sale.opened(), sale.settled(), scan(uuid7(), 1, 1)]
        await stage.say(*events)


async def _empty(stage: Stage, stored: int) -> None:
    """Nothing is counted, but for what is stored."""
    await stage.pool.execute(f"TRUNCATE {', '.join(TABLES)}")
    for first in range(1, stored + 1, _STORED_AT_ONCE):
        for statement in (_STORE_PAYMENTS, _STORE_ENTRIES):
            await stage.pool.execute(statement, first, min(first + _STORED_AT_ONCE - 1, stored))
    for table in ("payments", "entries"):
        await stage.pool.execute(f"VACUUM (ANALYZE) {table}", timeout=PATIENCE_S)


async def _catch_up(stage: Stage, workers: int, events: int, postgres: int) -> Figure:
    """From the moment when every worker has counted something: the start of a process is not what is asked."""
    processes = [
        stage.start_process("consume", {"ANALYTICS_SHARE": f"{number}/{workers}", "LOG_LEVEL": "ERROR"})
        for number in range(1, workers + 1)
    ]
    pids = [process.pid or 0 for process in processes]
    try:
        await until(partial(_has_reached, stage, _BEGUN_BY, workers))
        began, counted = time.perf_counter(), await stage.pool.fetchval(_COUNTED_TO)
        before = _cpu_s(pids), _cpu_s(family(postgres))
        while not await _has_reached(stage, _COUNTED_TO, events):
            assert all(process.is_alive() for process in processes)
            await asyncio.sleep(0.01)
        took_s = time.perf_counter() - began
        after = _cpu_s(pids), _cpu_s(family(postgres))
    finally:
        for process in processes:
            end(process)
    rest = max(events - counted, 1)
    python_us, postgres_us = ((later - sooner) / rest * 1e6 for sooner, later in zip(before, after, strict=True))
    return figure(
        f"analytics catch-up, {workers} worker{'s'[: workers - 1]} ({rest} of {events} events)",
        Number("", rest / took_s, "/s", at_least=_WANTED_PER_S[workers]),
        Number("CPU an event", python_us, "us"),
        Number("PostgreSQL", postgres_us, "us"),
    )


async def _has_reached(stage: Stage, question: str, number: int) -> bool:
    return bool(await stage.pool.fetchval(question) >= number)


def _cpu_s(pids: Sequence[int]) -> float:
    """User and system time so far, with that of children who have ended."""
    return sum(spent_s(pid, with_ended_children=True) for pid in pids)
