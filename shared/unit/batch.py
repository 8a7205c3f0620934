"""Batches: what arrives together is done in one transaction, and each of it keeps its own trace and its own answer.

A batch grows by itself: while one is with the database the next gathers, and who is alone waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from shared.observe import trace
from shared.unit.tx import Tx, UseCase, name_of

C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
R = TypeVar("R")
# Longer than a batch takes that nobody holds up; and so few that other doors find connections too.
_HELD_UP_AFTER_S = 0.1
_MOST_UNDER_WAY = 4


@dataclass(frozen=True, slots=True)
class One(Generic[C_co]):
    """One of a batch: a command, and the trace of whoever asked."""

    command: C_co
    trace_id: str

    def follow(self) -> None:
        """What is said and logged from here on belongs to this one."""
        trace.take_over(self.trace_id)


BatchUseCase = Callable[[Tx, Sequence[One[C]], datetime], Awaitable[Sequence[R]]]
"""Does all of a batch, and answers each in its order. An exception undoes all; then each is tried alone."""


def each(usecase: UseCase[C, R]) -> BatchUseCase[C, R]:
    """A use-case that is asked too seldom to have a form for many: one after the other, in the batch's transaction."""

    async def one_by_one(tx: Tx, batch: Sequence[One[C]], now: datetime) -> list[R]:
        answers: list[R] = []
        for one in batch:
            one.follow()
            answers.append(await usecase(tx, one.command, now))
        return answers

    one_by_one.__name__ = name_of(usecase)
    return one_by_one


class Together(Generic[C, R]):
    """Hands on what is asked of it in batches: the first at once, and what comes meanwhile when that is done.

    A batch that somebody holds up keeps nobody else: after a moment the next goes beside it, a few at a time.
    most: how much a batch may hold, by `size_of` its commands; one that is larger by itself is a batch alone.
    """

    def __init__(
        self,
        run: Callable[[Sequence[One[C]]], Awaitable[Sequence[R | Exception]]],
        most: int,
        size_of: Callable[[C], int] = lambda _command: 1,
    ) -> None:
        self._run = run
        self._most = most
        self._size_of = size_of
        self._waiting: list[tuple[One[C], asyncio.Future[R]]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, command: C) -> R:
        """The answer, or what was raised for this one."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((One(command, trace.current()), answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        # Whoever gives up waiting takes nothing from the others, and what they asked for is done all the same.
        return await asyncio.shield(answer)

    async def _work(self) -> None:
        try:
            while self._waiting:
                count = self._count_next()
                batch, self._waiting = self._waiting[:count], self._waiting[count:]
                answering = asyncio.create_task(self._answer(batch))
                self._under_way.add(answering)
                answering.add_done_callback(self._under_way.discard)
                await asyncio.wait((answering,), timeout=_HELD_UP_AFTER_S)
                while len(self._under_way) >= _MOST_UNDER_WAY:
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._working = None

    def _count_next(self) -> int:
        """How many of those waiting go together now."""
        size = 0
        for number, (one, _) in enumerate(self._waiting):
            size += self._size_of(one.command)
            if number and size > self._most:
                return number
        return len(self._waiting)

    async def _answer(self, batch: Sequence[tuple[One[C], asyncio.Future[R]]]) -> None:
        try:
            answers = await self._run([one for one, _ in batch])
        except Exception as error:
            answers = [error] * len(batch)
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)
