"""Makes every table again from offset 0, beside the running worker, and swaps them in one transaction.

The worker needs no word of it: after the swap its offsets no longer compare, so it is fenced and reads them anew.
"""

import asyncio
import time
from collections.abc import Callable

import asyncpg

from services.analytics import metrics
from services.analytics.stream import store
from services.analytics.stream.ingest import apply_polled
from services.analytics.stream.log_reader import LogReader, Offsets, cluster_id
from services.analytics.stream.store import SQL
from shared.kafka.faults import Fault
from shared.kafka.message import Message
from shared.kafka.unreadable import is_unreadable
from shared.settings import Settings
from shared.storage.db import COLLIDED, DirectConnection, connect

TABLES = (
    "offsets",
    "kafka_cluster",
    "venues",
    "payments",
    "refunds",
    "entries",
    "minute_taken",
    "hour_taken",
    "day_taken",
    "day_entered",
    "put_aside",
)
_SAY_EVERY_S = 1.0
_SWAPS = 5

_BUSY: tuple[type[BaseException], ...] = (*COLLIDED, asyncpg.LockNotAvailableError)

Say = Callable[[str], None]


class RebuildRunning(Exception):
    """Another rebuild of this database runs already."""


async def rebuild(settings: Settings, say: Say) -> None:
    """Reads both topics whole, then swaps; on any error the old tables stay as they are."""
    connection = await connect(settings.database_url, "analytics-rebuild")
    reader = LogReader(settings)
    try:
        await _make_shadow(connection)
        await store.claim_cluster(connection, await cluster_id(settings.kafka_bootstrap))
        await reader.start()
        positions = await store.read_offsets(connection, reader.partitions())
        reader.seek(positions)
        await _read_to_end(connection, reader, positions, say)
        await _swap_in_time(connection)
        say("rebuilt: the new tables are in place")
    finally:
        await reader.stop()
        await connection.close()


async def _make_shadow(connection: DirectConnection) -> None:
    if not await connection.fetchval(SQL["lock_rebuild"]):
        raise RebuildRunning
    await connection.fetchval(SQL["name_tables"], ",".join(TABLES))
    async with connection.transaction():
        await connection.execute(SQL["drop_shadow"])
        await connection.execute(SQL["make_shadow"])
        await connection.execute(SQL["copy_shape"])
    await connection.execute(SQL["enter_shadow"])


async def _read_to_end(connection: DirectConnection, reader: LogReader, positions: Offsets, say: Say) -> None:
    """Counts everything up to where the log ends now, until nothing is left; the positions move along."""
    ends = await reader.ends()
    said_at, is_careful = 0.0, False
    while True:
        if all(positions[partition] >= end for partition, end in ends.items()):
            ends = await reader.ends()
            if all(positions[partition] >= end for partition, end in ends.items()):
                return
        try:
            polled = await reader.poll(carefully=is_careful)
        except Exception as error:
            if is_careful or not is_unreadable(error):
                raise
            is_careful = True
            reader.seek(positions)
            continue
        await apply_polled(connection, reader.read(polled), positions, _go_on)
        done, whole = sum(positions.values()), max(sum(ends.values()), 1)
        metrics.REBUILD_RATIO.set(min(done / whole, 1.0))
        if time.monotonic() - said_at > _SAY_EVERY_S:
            said_at = time.monotonic()
            say(f"rebuilding: {done} of {whole} events ({100 * done // whole} %)")


async def _go_on(_message: Message, _fault: Fault) -> None:
    """A person waits for the rebuild and sees what it puts aside: nothing is slowed down."""


async def _swap_in_time(connection: DirectConnection) -> None:
    for attempt in range(1, _SWAPS + 1):
        try:
            return await _swap(connection)
        except _BUSY:
            # A page was reading just now; hours of work shall not fail for that.
            if attempt == _SWAPS:
                raise
            await asyncio.sleep(0.2 * attempt)
    raise AssertionError


async def _swap(connection: DirectConnection) -> None:
    """Holds the workers at their first statement, so that none writes half into the old tables, half into the new."""
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute(SQL["hold_workers"])
        await connection.execute(SQL["swap_tables"])
        await store.append_change(connection)
