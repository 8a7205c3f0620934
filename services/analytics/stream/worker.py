"""Counts both topics for as long as it runs: poll, one transaction, next. It stops rather than guess.

The one exception to `unit.run` and the inbox: offsets in the transaction, and versions in the facts, do their work.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka.errors import OffsetOutOfRangeError

from services.analytics import metrics
from services.analytics.stream import store
from services.analytics.stream.batch import Batch
from services.analytics.stream.ingest import MADE_TWICE, Applied, apply_polled
from services.analytics.stream.log_reader import EVERYTHING, LogReader, Offsets, PartitionShare, cluster_id
from shared.kafka.breaker import Breaker
from shared.kafka.dead_letters import measure
from shared.kafka.faults import Fault
from shared.kafka.message import Message
from shared.kafka.patience import Patience
from shared.kafka.pausing import Pause, Pausing
from shared.kafka.reader import Doubt, Polled, Reader, Stopped
from shared.observe.health import Health
from shared.observe.log import Log
from shared.settings import Settings
from shared.unit import changes, dead_letters
from shared.unit.unit import Unit

log = Log(__name__)
# Numbers of a province may be a moment old; a transaction for every few events would cost the other services more.
_GATHER_S, _GATHER_BELOW = 0.2, 500
_CLEAN_EVERY_S = 600.0


class MadeTwice(Doubt):
    """Two venues changing their kind at once made one rollup row together; the second batch is counted again."""


class Worker:
    """One reader of both topics, or of a share of their partitions. `stop` lets it finish its batch."""

    topic = "events"

    def __init__(self, settings: Settings, unit: Unit, health: Health, share: PartitionShare = EVERYTHING) -> None:
        self._settings = settings
        self._unit = unit
        self._health = health.reader(self.topic)
        self._share = share
        self._reader = Reader(self._open, self._work, self._health, self._note_behind)
        self._breaker = Breaker()
        self._pausing = Pausing(unit.pool, unit.clock, self._health, self._reader.stopping)
        self._cleaned_at = 0.0
        self._log: LogReader
        self._positions: Offsets = {}

    async def run(self) -> None:
        """Counts until it is stopped, through any loss of database or broker."""
        await self._reader.run()

    def stop(self) -> None:
        self._reader.stop()

    @asynccontextmanager
    async def _open(self, patience: Patience) -> AsyncGenerator[LogReader]:
        """A reader of the log that stands where the database says."""
        self._log = LogReader(self._settings, self._share, patience)
        try:
            await self._check_cluster(patience)
            await self._log.start()
            await self._go_where_the_database_is()
            self._health.waits_for_infrastructure = False
            yield self._log
        except OffsetOutOfRangeError as error:
            # The log lost what we have not read, or is shorter than we read: jumping would count wrongly for ever.
            raise _stopped("offset_out_of_range", str(error)) from error
        finally:
            # No number moves until the next one stands there too.
            self._health.waits_for_infrastructure = True
            await self._log.stop()

    async def _check_cluster(self, patience: Patience) -> None:
        async with patience.wait():
            ours = await cluster_id(self._settings.kafka_bootstrap)
        async with self._unit.pool.acquire() as connection:
            known = await store.claim_cluster(connection, ours)
        if known != ours:
            raise _stopped(
                "another_kafka_cluster",
                f"the tables came from cluster {known}, this one is {ours}: its offsets mean other events."
                " If that is meant, run `python -m services.analytics rebuild`.",
            )

    async def _go_where_the_database_is(self) -> None:
        async with self._unit.pool.acquire() as connection:
            self._positions = await store.read_offsets(connection, self._log.partitions())
        self._log.seek(self._positions)

    async def _work(self, records: Polled) -> None:
        events = sum(len(part) for part in records.values())
        started = time.perf_counter()
        try:
            async with self._unit.pool.acquire() as connection:
                done = await apply_polled(connection, self._log.read(records), self._positions, self._pause)
        except store.Fenced:
            metrics.FENCED.inc()
            log.info("batch_fenced", events=events)
            await self._go_where_the_database_is()
        except MADE_TWICE as error:
            raise MadeTwice from error
        else:
            self._unit.waker.wake()
            metrics.BATCH_SECONDS.observe(time.perf_counter() - started)
            for batch, applied in done:
                _measure(batch, applied, self._unit.clock())
        if events < _GATHER_BELOW:
            await self._reader.pause(_GATHER_S)

    async def _pause(self, message: Message, fault: Fault) -> None:
        """When too many of a topic are broken, waits before one more is put aside; a person may cut it short."""
        seconds = self._breaker.count(f"{message.topic} {fault.reason}")
        if seconds:
            pause = Pause(self._pausing, message)
            try:
                await pause.wait(fault.reason, fault.detail, seconds)
            finally:
                await pause.end()

    async def _note_behind(self, behind: int) -> None:
        """Writes down that we looked, for the page. No relay runs here, so what its timers do is done now and then."""
        await measure(self._unit.pool)
        ends = {} if self._share == EVERYTHING else await self._log.ends()
        async with self._unit.pool.acquire() as connection:
            if ends:
                # Of the whole log: another worker may be gone, and what it leaves unread the page must tell.
                read = await store.read_offsets(connection, list(ends))
                behind = sum(max(end - read[partition], 0) for partition, end in ends.items())
            await store.see_worker(connection, self._unit.clock(), behind)
            if time.monotonic() - self._cleaned_at > _CLEAN_EVERY_S:
                self._cleaned_at = time.monotonic()
                await changes.delete_old(connection)
                await dead_letters.forget_old(connection)


def _stopped(reason: str, detail: str) -> Stopped:
    """The page stays up and shows how old it is; the alarm calls a person."""
    metrics.STOPPED.labels(reason).set(1)
    return Stopped(reason, detail)


def _measure(batch: Batch, applied: Applied, now: datetime) -> None:
    metrics.BATCH_EVENTS.observe(batch.events)
    metrics.EVENTS.labels("applied").inc(applied.facts)
    metrics.EVENTS.labels("stale").inc(applied.stale)
    metrics.EVENTS.labels("unknown_type").inc(batch.unknown)
    metrics.CORRECTED.inc(applied.corrected)
    for occurred_at in applied.ages_from:
        metrics.EVENT_AGE_SECONDS.observe(max((now - occurred_at).total_seconds(), 0))
    for table, rows in applied.rows.items():
        metrics.ROLLUP_ROWS.labels(table).inc(rows)
    metrics.LAST_COMMIT.set_to_current_time()
