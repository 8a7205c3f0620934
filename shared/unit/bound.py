"""Use-cases and readers as a service's doors hold them: bound once in app.py to what they need, then just called.

A command stands in the file of its use-case, so from `doors.place_orders(PlaceOrder(...))` it is one step there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from shared.errors import DomainError
from shared.storage.db import Connection, Pool, acquire
from shared.unit.batch import BatchUseCase, Together
from shared.unit.idempotency import Once
from shared.unit.tx import UseCase
from shared.unit.unit import Unit

C = TypeVar("C")
R = TypeVar("R")
# So many share a transaction at most: one that fails is not undone with hundreds, and nobody waits for thousands.
_MOST_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Bound(Generic[C, R]):
    """A use-case with the unit that runs it."""

    unit: Unit
    usecase: UseCase[C, R]

    async def __call__(self, command: C, *, once: Once[R] | None = None) -> R:
        """The result after the commit; with `once`, the stored answer the second time."""
        return await self.unit.run(self.usecase, command, once=once)


@dataclass(frozen=True, slots=True)
class Reader(Generic[C, R]):
    """A question to the database that changes nothing and needs no transaction, with its pool."""

    pool: Pool
    read: Callable[[Connection, C], Awaitable[R]]

    async def __call__(self, asked: C) -> R:
        async with acquire(self.pool) as connection:
            return await self.read(connection, asked)


def together(
    unit: Unit, usecase: BatchUseCase[C, R | DomainError], size_of: Callable[[C], int] = lambda _command: 1
) -> Together[C, R]:
    """A use-case that does at once what is asked of it at the same time; size_of: how much one command asks for."""
    return Together(partial(unit.run_batch, usecase), _MOST_TOGETHER, size_of)
