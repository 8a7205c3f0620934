"""The one way through a service: a use-case runs in one transaction with what it says.

Both doors, HTTP and Kafka, call `unit.run(usecase, command)`. A use-case gets a Tx, its command and the time; it
cannot reach Kafka or a bank.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from shared.clock import Clock
from shared.errors import DataFault, DomainError
from shared.events.common import Event
from shared.observe import trace
from shared.observe.log import Log
from shared.observe.metrics import USECASE_SECONDS
from shared.storage.db import COLLIDED, Connection, Pool, acquire
from shared.unit import idempotency, inbox, outbox
from shared.unit.idempotency import Once
from shared.unit.outbox import OutboxRow
from shared.unit.wake import Waker

log = Log(__name__)

C = TypeVar("C")
R = TypeVar("R")
_ATTEMPTS = 5


class Tx:
    """What a use-case may touch: one connection, and what it says when it commits."""

    def __init__(self, connection: Connection, source: str, topic: str | None, now: datetime) -> None:
        self.connection = connection
        self._source = source
        self._topic = topic
        self._now = now
        self._rows: list[OutboxRow] = []
        self._touched: set[tuple[str, str]] = set()

    def emit(self, event: Event) -> None:
        """Says an event if and when the transaction commits. The aggregate's row must be locked before."""
        assert self._topic is not None, f"{self._source} has no topic to say {event.TYPE} on"
        self._rows.append(outbox.row_of(event, self._source, self._topic, self._now))

    def touch(self, topic: str, key: str) -> None:
        """Tells browsers that watch this key, after the commit, that its state changed."""
        self._touched.add((topic, key))

    async def flush(self) -> None:
        """Writes what was said; the runner calls it last, so that seq is taken after every lock."""
        if self.said_something:
            await outbox.append(self.connection, self._rows, sorted(self._touched))

    @property
    def said_something(self) -> bool:
        return bool(self._rows or self._touched)


UseCase = Callable[[Tx, C, datetime], Awaitable[R]]


class AlreadyHandled(Exception):
    """The event was handled before; nothing was done now."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An event to be handled once: its identifier, and 16 bytes that tell its content from another under the same.

    may_differ: whoever says it may use an identifier twice, and each content counts.
    """

    ce_id: str
    content: bytes
    may_differ: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """Runs use-cases of one service. topic: where it says its events; None for a service that says nothing."""

    pool: Pool
    service: str
    topic: str | None
    clock: Clock
    waker: Waker

    async def run(
        self, usecase: UseCase[C, R], command: C, *, once: Once[R] | None = None, heard: Heard | None = None
    ) -> R:
        """The use-case's result after its commit.

        once: a request to be done once; the stored answer comes back the second time.
        heard: an event to be handled once; AlreadyHandled the second time, DataFault if it says something else then.
        """
        started = time.perf_counter()
        outcome = "ok"
        try:
            return await self._attempts(usecase, command, once, heard)
        except AlreadyHandled:
            outcome = "duplicate"
            raise
        except DomainError as error:
            outcome = error.code
            raise
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            self._tell(usecase, outcome, time.perf_counter() - started)

    async def _attempts(self, usecase: UseCase[C, R], command: C, once: Once[R] | None, heard: Heard | None) -> R:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._attempt(usecase, command, once, heard)
            except COLLIDED:
                if attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(0.005 * attempt)
        raise AssertionError

    async def _attempt(self, usecase: UseCase[C, R], command: C, once: Once[R] | None, heard: Heard | None) -> R:
        now = self.clock()
        async with acquire(self.pool) as connection, connection.transaction():
            if heard is not None:
                await _claim(connection, heard)
            if once is not None and (stored := await idempotency.claim(connection, once)) is not None:
                return stored
            tx = Tx(connection, self.service, self.topic, now)
            result = await usecase(tx, command, now)
            if once is not None:
                await idempotency.keep(connection, once, result)
            await tx.flush()
        if tx.said_something:
            self.waker.wake()
        return result

    def _tell(self, usecase: UseCase[C, R], outcome: str, seconds: float) -> None:
        name = name_of(usecase)
        known = "ok" if outcome == "ok" else "duplicate" if outcome == "duplicate" else "refused"
        USECASE_SECONDS.labels(name, known).observe(seconds)
        log.info("usecase", usecase=name, outcome=outcome, ms=round(seconds * 1000, 2))


async def _claim(connection: Connection, heard: Heard) -> None:
    claim = await inbox.claim(connection, heard.ce_id, heard.content)
    if claim == "differs" and heard.may_differ:
        claim = await inbox.claim(connection, f"{heard.ce_id}#{heard.content.hex()}", heard.content)
    match claim:
        case "again":
            raise AlreadyHandled
        case "differs":
            raise DataFault("repeated_id", "an event of this identifier was handled, and it said something else")
        case "first":
            pass


def name_of(usecase: object) -> str:
    """A use-case's name, also when app.py bound collaborators to it."""
    while isinstance(usecase, partial):
        usecase = usecase.func
    return str(getattr(usecase, "__name__", type(usecase).__name__))


def follow(trace_id: str) -> None:
    """Events said from here on belong to this trace; the bank's own is kept as a link in the log."""
    if trace_id and trace_id != trace.current():
        log.info("trace_followed", linked_trace_id=trace.current())
        trace.begin(trace.traceparent(trace_id))
