"""Counts both topics for as long as it runs: poll, one transaction, next. It stops rather than guess.

The one exception to `unit.run` and the inbox: offsets in the transaction, and versions in the facts, do their work.
"""

import asyncio
import time
from datetime import datetime

import asyncpg
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from services.analytics import metrics
from services.analytics.stream import store
from services.analytics.stream.batch import Batch, batch_of
from services.analytics.stream.ingest import Applied, apply_batch
from services.analytics.stream.log_reader import EVERYTHING, LogReader, Offsets, Polled, Share, cluster_id
from shared.clock import until
from shared.kafka.consumer import Silent
from shared.kafka.patience import Patience
from shared.observe.health import Health
from shared.observe.log import Log
from shared.observe.metrics import CONSUMER_LAG, CONSUMERS_REPLACED, DEAD_LETTERS
from shared.settings import Settings
from shared.storage.db import PASSES
from shared.unit import changes
from shared.unit.unit import Unit

log = Log(__name__)
# Row locks are held as long as a batch takes: a thousand events are some 30 ms.
_BATCH = 1000
# Numbers of a province may be a moment old; a transaction for every few events would cost the other services more.
_GATHER_S = 0.2
_CHECK_S = 2.0
_SILENCE_S = 15.0
_DEAD_IN_A_BATCH = 200
# Two venues changing their kind at once may make one rollup row together; the second tries again.
_PASSES: tuple[type[BaseException], ...] = (KafkaError, Silent, *PASSES, asyncpg.UniqueViolationError)


class Stopped(Exception):
    """No retry can help and going on would be wrong: a person is needed."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Worker:
    """One reader of both topics, or of a share of their partitions. `stop` lets it finish its batch."""

    def __init__(self, settings: Settings, unit: Unit, health: Health, share: Share = EVERYTHING) -> None:
        self._settings = settings
        self._pool = unit.pool
        self._waker = unit.waker
        self._clock = unit.clock
        self._health = health
        self._share = share
        self._stopping = asyncio.Event()
        self._positions: Offsets = {}
        self._patience = Patience()

    def stop(self) -> None:
        self._stopping.set()
        self._patience.end()

    async def run(self) -> None:
        """Counts until it is stopped, through any loss of database or broker."""
        self._health.progressed()
        while not self._stopping.is_set():
            try:
                await self._count()
            except Stopped as stopped:
                await self._halt(stopped)
            except _PASSES as error:
                if self._stopping.is_set():
                    log.info("stopped_before_an_answer", error=type(error).__name__)
                    return
                log.warning("worker_replaced", error=type(error).__name__)
                CONSUMERS_REPLACED.inc()
                self._health.waiting_for_infrastructure = True
                await until(self._stopping, seconds=1)

    async def _count(self) -> None:
        """The life of one reader; any doubt ends it, and the next one begins from the database's offsets."""
        await self._check_cluster()
        reader = LogReader(self._settings, self._share)
        try:
            async with self._patience.wait():
                partitions = await reader.start()
            await self._reload(reader, partitions)
            self._health.waiting_for_infrastructure = False
            got_at, checked_at = time.monotonic(), 0.0
            while not self._stopping.is_set():
                async with self._patience.wait():
                    records = await _poll(reader)
                if records and not await self._apply(batch_of(records, self._positions)):
                    await self._reload(reader, partitions)
                now = time.monotonic()
                got_at = now if records else got_at
                if 0 < sum(map(len, records.values())) < _BATCH // 2:
                    await until(self._stopping, seconds=_GATHER_S)
                if now - checked_at > _CHECK_S:
                    await self._check_progress(reader, now - got_at)
                    checked_at = now
        finally:
            await reader.stop(self._patience.closing_s)

    async def _apply(self, batch: Batch) -> bool:
        """False if another worker was faster."""
        if len(batch.dead) > max(_DEAD_IN_A_BATCH, batch.events // 2):
            # A bad release must not drain a topic into the dead letters.
            raise Stopped("too_many_dead_letters", f"{len(batch.dead)} of {batch.events} events")
        started = time.perf_counter()
        try:
            async with self._pool.acquire() as connection:
                applied = await apply_batch(connection, batch)
        except store.Fenced:
            metrics.FENCED.inc()
            log.info("batch_fenced", events=batch.events)
            return False
        for advance in batch.advances:
            self._positions[advance.topic, advance.partition] = advance.new_offset
        self._waker.wake()
        metrics.BATCH_SECONDS.observe(time.perf_counter() - started)
        _measure(batch, applied, self._clock())
        return True

    async def _reload(self, reader: LogReader, partitions: list[tuple[str, int]]) -> None:
        async with self._pool.acquire() as connection:
            self._positions = await store.read_offsets(connection, partitions)
        reader.seek(self._positions)

    async def _check_cluster(self) -> None:
        async with self._patience.wait():
            ours = await cluster_id(self._settings.kafka_bootstrap)
        async with self._pool.acquire() as connection:
            known = await store.claim_cluster(connection, ours)
        if known != ours:
            raise Stopped(
                "another_kafka_cluster",
                f"the tables came from cluster {known}, this one is {ours}: its offsets mean other events."
                " If that is meant, run `python -m services.analytics rebuild`.",
            )

    async def _check_progress(self, reader: LogReader, silent_s: float) -> None:
        """Tells how far behind we are; raises Silent when events are there and none come."""
        async with self._patience.wait():
            ends = await reader.ends()
        behind: dict[str, int] = {}
        for (topic, number), end in ends.items():
            behind[topic] = behind.get(topic, 0) + max(end - self._positions[topic, number], 0)
        for topic, lag in behind.items():
            CONSUMER_LAG.labels(topic).set(lag)
        total = sum(behind.values())
        if total and silent_s > _SILENCE_S:
            raise Silent
        async with self._pool.acquire() as connection:
            await store.see_worker(connection, self._clock(), total)
            await changes.delete_old(connection)
        self._health.progressed(total)

    async def _halt(self, stopped: Stopped) -> None:
        """Says so and waits for a person; the page stays up and shows how old it is."""
        log.error("worker_stopped", reason=stopped.reason, detail=stopped.detail)
        metrics.STOPPED.labels(stopped.reason).set(1)
        self._health.halted = True
        await until(self._stopping)


async def _poll(reader: LogReader) -> Polled:
    try:
        return await reader.poll(_BATCH)
    except OffsetOutOfRangeError as error:
        # The log lost what we have not read, or is shorter than we read: jumping would count wrongly for ever.
        raise Stopped("offset_out_of_range", str(error)) from error


def _measure(batch: Batch, applied: Applied, now: datetime) -> None:
    metrics.BATCH_EVENTS.observe(batch.events)
    metrics.EVENTS.labels("applied").inc(applied.facts)
    metrics.EVENTS.labels("stale").inc(applied.stale)
    metrics.EVENTS.labels("unknown_type").inc(batch.unknown)
    metrics.CORRECTED.inc(applied.corrected)
    for letter in batch.dead:
        DEAD_LETTERS.labels(letter.reason).inc()
        log.error("dead_letter", reason=letter.reason, type=letter.type, topic=letter.topic, offset=letter.log_offset)
    for occurred_at in applied.ages_from:
        metrics.EVENT_AGE_SECONDS.observe(max((now - occurred_at).total_seconds(), 0))
    for table, rows in applied.rows.items():
        metrics.ROLLUP_ROWS.labels(table).inc(rows)
    metrics.LAST_COMMIT.set_to_current_time()
