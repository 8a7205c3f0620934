"""Carries outbox rows to Kafka, and runs the timers. One relay per service works; the others wait for its lock.

No transaction is open while Kafka is awaited, so a row may be acknowledged and then not be marked as sent. The relay
remembers it and sends nothing until the database has taken the mark: only a relay that dies meanwhile, or another that
takes its lock over, sends a row a second time, and the inbox of its readers takes that.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TypeVar

from shared.clock import until
from shared.errors import DomainError
from shared.kafka.producer import Outgoing, Producer
from shared.observe.health import Health
from shared.observe.log import Log
from shared.observe.metrics import OUTBOX_SENT, OUTBOX_UNSENT, RELAY_LEADS
from shared.settings import Settings
from shared.storage.db import PASSES, DirectConnection, connect
from shared.unit import changes, idempotency, outbox
from shared.unit.tx import name_of
from shared.unit.wake import Waker

log = Log(__name__)
T = TypeVar("T")
_LOCK = 0x52656C61  # "Rela": one working relay per database
_BATCH = 500
_POLL_S = 0.2
# What is said meanwhile goes together, which under load saves more time than it takes; few rows are no load.
_PAUSE_S, _PAUSE_UNDER_LOAD_S, _LOAD = 0.002, 0.02, 4
_RETRY_S = 1.0
_STATEMENT_LIMIT_S = 10.0
_LAST_DRAIN_LIMIT_S = 5.0
_CLEAN_EVERY_S = 600.0
_EXPECTED: tuple[type[BaseException], ...] = (*PASSES, DomainError)


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to do every so often in one process of the service only.

    share: of the time that it may take at most: what grows with all that is stored comes so much more seldom.
    """

    interval_s: float
    action: Callable[[], Awaitable[object]]
    share: float = 1.0

    def rest_s(self, took_s: float) -> float:
        """How long to do nothing after a run that took so long, in seconds."""
        return max(self.interval_s, took_s / self.share - took_s)


@dataclass(slots=True)
class Relay:
    settings: Settings
    producer: Producer
    waker: Waker
    health: Health
    timers: Sequence[Timer] = ()
    _unmarked: list[int] = field(init=False, default_factory=list[int])
    _woken: asyncio.Event = field(init=False)
    _stopping: asyncio.Event = field(init=False, default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._woken = self.waker.listen()

    def stop(self) -> None:
        """Lets `run` send what is left, and return."""
        self._stopping.set()
        self._woken.set()

    async def run(self) -> None:
        """Works or waits until it is stopped, through any loss of database or broker."""
        try:
            while not self._stopping.is_set():
                try:
                    await self._session()
                except PASSES as error:
                    log.warning("relay_waits_for_database", error=type(error).__name__, unmarked=len(self._unmarked))
                    if self._unmarked:
                        self.health.relayed(everything=False)
                    await until(self._stopping, seconds=_RETRY_S)
        finally:
            await self.producer.close()

    async def _session(self) -> None:
        """One connection's life: wait for the lock, then work."""
        connection = await connect(self.settings.database_url, f"{self.settings.service}-relay")
        try:
            # It asks by keys alone, but a plan made while a table is small would read all of it, for hours.
            await _bounded(connection.execute("SET enable_seqscan = off"))
            while not await self._leads(connection):
                if await until(self._stopping, seconds=_RETRY_S):
                    return
            log.info("relay_leads")
            RELAY_LEADS.set(1)
            async with AsyncExitStack() as stack:
                for timer in (*self.timers, Timer(_CLEAN_EVERY_S, self._clean)):
                    task = asyncio.create_task(_repeat(timer), name=name_of(timer.action))
                    stack.push_async_callback(_cancel, task)
                await self._work(connection)
        finally:
            RELAY_LEADS.set(0)
            connection.terminate()

    async def _leads(self, connection: DirectConnection) -> bool:
        """Whether the lock is ours now. Marking comes first, also if there is nothing to mark.

        What Kafka has from us is marked without the lock too, so that whoever has it does not send it again; and where
        the database takes no mark, not one relay after the other sends the same rows.
        """
        await self._mark(connection)
        return bool(await _bounded(connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK)))

    async def _mark(self, connection: DirectConnection) -> None:
        """Marks as sent what Kafka acknowledged; it stays remembered when that fails."""
        await _bounded(outbox.mark_sent(connection, self._unmarked))
        if self._unmarked:
            OUTBOX_SENT.inc(len(self._unmarked))
            self._unmarked = []
            self.health.relayed(everything=True)

    async def _work(self, connection: DirectConnection) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            found = await self._drain(connection)
            if found < _BATCH:
                await asyncio.sleep(_PAUSE_UNDER_LOAD_S if found >= _LOAD else _PAUSE_S)
                await until(self._woken, seconds=_POLL_S)
        loop = asyncio.get_running_loop()
        limit = loop.time() + _LAST_DRAIN_LIMIT_S
        while await self._drain(connection) == _BATCH and loop.time() < limit:
            pass

    async def _drain(self, connection: DirectConnection) -> int:
        """Sends one batch; how many rows, 0 if none of those found could be sent. A whole batch: there may be more."""
        found = await _bounded(outbox.unsent(connection, _BATCH))
        if not found:
            OUTBOX_UNSENT.set(0)
            self.health.relayed(everything=True)
            return 0
        rows = [
            Outgoing(
                row["seq"],
                self.settings.topic_prefix + row["topic"],
                row["key"],
                row["payload"],
                json.loads(row["headers"]),
            )
            for row in found
        ]
        sent = self._unmarked = await self.producer.send(rows)
        if sent:
            await self._mark(connection)
        self.health.relayed(everything=len(sent) == len(found))
        if len(found) == _BATCH or len(sent) < len(found):
            OUTBOX_UNSENT.set(await _bounded(outbox.count_unsent(connection)))
        else:
            OUTBOX_UNSENT.set(0)
        return len(found) if sent else 0

    async def _clean(self) -> None:
        connection = await connect(self.settings.database_url, f"{self.settings.service}-clean")
        try:
            await outbox.delete_old(connection)
            await idempotency.delete_old(connection)
            await changes.delete_old(connection)
        finally:
            connection.terminate()


async def _bounded(answer: Awaitable[T]) -> T:
    """A statement's answer; TimeoutError if the database hangs instead of failing."""
    async with asyncio.timeout(_STATEMENT_LIMIT_S):
        return await answer


async def _repeat(timer: Timer) -> None:
    """Runs a timer for ever; what fails now is tried again at the next interval."""
    while True:
        began = time.monotonic()
        try:
            await timer.action()
        except _EXPECTED as error:
            log.warning("timer_failed", timer=name_of(timer.action), error=type(error).__name__)
        except Exception as error:  # an own mistake in one timer must not keep everybody's events from leaving
            log.error("timer_broken", timer=name_of(timer.action), error=type(error).__name__, with_trace=True)
        await asyncio.sleep(timer.rest_s(time.monotonic() - began))


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
