"""The one way through a service: use-cases run in one transaction with what they say.

Both doors come here, HTTP by `run` and `run_batch`, Kafka by `hear`. A use-case gets a Tx, its command and the time.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from shared.clock import Clock
from shared.errors import DomainError
from shared.observe.log import Log
from shared.observe.metrics import USECASE_SECONDS
from shared.storage.db import COLLIDED, HELD_UP, PASSES, Pool, acquire
from shared.unit import idempotency, inbox
from shared.unit.batch import BatchUseCase, One
from shared.unit.idempotency import Once
from shared.unit.inbox import Heard
from shared.unit.tx import Tx, UseCase, name_of
from shared.unit.wake import Waker

log = Log(__name__)

C = TypeVar("C")
R = TypeVar("R")
_ATTEMPTS = 5
# Of a batch that is held up: so few that others find connections meanwhile.
_ALONE_SIDE_BY_SIDE = 4


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event for its use-case. key: what it tells of; events of one key are done in their order."""

    usecase: BatchUseCase[Any, object]
    one: One[Any]
    heard: Heard
    key: bytes


@dataclass(frozen=True, slots=True)
class Unit:
    """Runs use-cases of one service. topic: where it says its events; None for a service that says nothing."""

    pool: Pool
    service: str
    topic: str | None
    clock: Clock
    waker: Waker

    async def run(self, usecase: UseCase[C, R], command: C, *, once: Once[R] | None = None) -> R:
        """The use-case's result after its commit.

        once: a request to be done once; the stored answer comes back the second time.
        """
        started = time.perf_counter()

        async def attempt() -> R:
            async with self._transaction() as (tx, now):
                if once is not None and (stored := await idempotency.claim(tx.connection, once)) is not None:
                    return stored
                result = await usecase(tx, command, now)
                if once is not None:
                    await idempotency.keep(tx.connection, once, result)
            return result

        error: BaseException | None = None
        try:
            return await _again_while_it_collides(attempt)
        except BaseException as raised:
            error = raised
            raise
        finally:
            _tell(usecase, error, time.perf_counter() - started)

    async def run_batch(self, usecase: BatchUseCase[C, R], batch: Sequence[One[C]]) -> list[R | Exception]:
        """The answers after the commit; one that is refused has its error as its answer.

        If the batch fails as a whole, each is tried alone, so that nobody pays for another's; where somebody holds up
        one of them, a few side by side. What passes otherwise is raised: then nothing was done.
        """
        started = time.perf_counter()

        async def attempt() -> list[R | Exception]:
            async with self._transaction() as (tx, now):
                return list(await usecase(tx, batch, now))

        try:
            answers = await _again_while_it_collides(attempt)
        except PASSES as error:
            if len(batch) > 1 and isinstance(error, HELD_UP):
                log.warning("batch_held_up", usecase=name_of(usecase), batch=len(batch), error=type(error).__name__)
                few = asyncio.Semaphore(_ALONE_SIDE_BY_SIDE)
                return await asyncio.gather(*(self._alone(usecase, one, few) for one in batch))
            _tell_each(usecase, batch, [error] * len(batch), started)
            raise
        except Exception as error:
            if len(batch) > 1:
                log.warning("batch_failed", usecase=name_of(usecase), batch=len(batch), error=type(error).__name__)
                in_order = asyncio.Semaphore(1)
                return [await self._alone(usecase, one, in_order) for one in batch]
            answers = list[R | Exception]([error])
        _tell_each(usecase, batch, answers, started)
        return answers

    async def _alone(self, usecase: BatchUseCase[C, R], one: One[C], turn: asyncio.Semaphore) -> R | Exception:
        """The answer of one that was tried with others in vain."""
        async with turn:
            try:
                [answer] = await self.run_batch(usecase, [one])
            except PASSES as error:
                return error
            return answer

    async def hear(self, told: Sequence[Delivery]) -> list[bool]:
        """Handles events in one transaction, each once; False where it had been handled before.

        Raises DataFault if one says something else than it did then, and what a use-case raises: nothing is done then.
        """
        started = time.perf_counter()

        async def attempt() -> list[bool]:
            async with self._transaction() as (tx, now):
                is_new = await inbox.claim(tx.connection, [event.heard for event in told])
                for usecase, batch in _steps([event for event, new in zip(told, is_new, strict=True) if new]):
                    await usecase(tx, batch, now)
            return is_new

        try:
            is_new = await _again_while_it_collides(attempt)
        except BaseException as error:
            for event in told:
                event.one.follow()
                _tell(event.usecase, error, time.perf_counter() - started, len(told))
            raise
        for event, new in zip(told, is_new, strict=True):
            event.one.follow()
            _tell(event.usecase, None, time.perf_counter() - started, len(told), is_new=new)
        return is_new

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[tuple[Tx, datetime]]:
        """One transaction, and the time at which it began; what was said in it is written last."""
        now = self.clock()
        async with acquire(self.pool) as connection, connection.transaction():
            tx = Tx(connection, self.service, self.topic, now)
            yield tx, now
            await tx.flush()
        if tx.said_something:
            self.waker.wake()


def _steps(told: Sequence[Delivery]) -> list[tuple[BatchUseCase[Any, object], list[One[Any]]]]:
    """Events by use-case, so that each use-case is run once; more often only where a key's order asks for it."""
    steps: dict[tuple[int, BatchUseCase[Any, object]], list[One[Any]]] = {}
    last: dict[bytes, tuple[int, BatchUseCase[Any, object]]] = {}
    for event in told:
        step = (0, event.usecase)
        if (before := last.get(event.key)) is not None:
            step = before if before[1] is event.usecase else (before[0] + 1, event.usecase)
        last[event.key] = step
        steps.setdefault(step, []).append(event.one)
    return [(usecase, steps[number, usecase]) for number, usecase in sorted(steps, key=lambda step: step[0])]


async def _again_while_it_collides(attempt: Callable[[], Awaitable[R]]) -> R:
    for number in range(1, _ATTEMPTS + 1):
        try:
            return await attempt()
        except COLLIDED:
            if number == _ATTEMPTS:
                raise
            await asyncio.sleep(0.005 * number)
    raise AssertionError


def _tell_each(usecase: object, batch: Sequence[One[C]], answers: Sequence[object], started: float) -> None:
    seconds = time.perf_counter() - started
    for one, answer in zip(batch, answers, strict=True):
        one.follow()
        _tell(usecase, answer if isinstance(answer, BaseException) else None, seconds, len(batch))


def _tell(usecase: object, error: BaseException | None, seconds: float, batch: int = 1, *, is_new: bool = True) -> None:
    """One line and one measurement of each that was asked for; batch: how many shared its transaction."""
    outcome = error.code if isinstance(error, DomainError) else type(error).__name__ if error is not None else "ok"
    if error is None and not is_new:
        outcome = "duplicate"
    name = name_of(usecase)
    USECASE_SECONDS.labels(name, outcome if outcome in ("ok", "duplicate") else "refused").observe(seconds)
    log.info("usecase", usecase=name, outcome=outcome, ms=round(seconds * 1000, 2), batch=batch)
