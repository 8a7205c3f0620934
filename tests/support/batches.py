"""Use-cases that take many, asked for one."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import TypeVar

from shared.errors import DomainError
from shared.observe import trace
from shared.unit.batch import BatchUseCase, One
from shared.unit.tx import Tx, UseCase

T = TypeVar("T")
C = TypeVar("C")
R = TypeVar("R")


def alone(usecase: BatchUseCase[C, R | DomainError]) -> UseCase[C, R]:
    """A batch of one; its refusal is raised, as whoever asked would be told it."""

    async def asked(tx: Tx, command: C, now: datetime) -> R:
        [answer] = await usecase(tx, [One(command, trace.current())], now)
        if isinstance(answer, DomainError):
            raise answer
        return answer

    return asked


def in_batches(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """All of them in their order, so many at a time."""
    left = iter(items)
    while batch := list(islice(left, most)):
        yield batch
