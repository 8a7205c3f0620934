"""What a load is: something made ready, and then done for some seconds while we measure."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from tests.bench.subject import Subject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Units done in some seconds, and how long each took, in seconds, by what was waited for."""

    units: int
    in_s: float
    waits: Mapping[str, Sequence[float]]
    said: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number must reach by itself, and how many times better than another release's."""

    at_most: float | None = None
    at_least: float | None = None
    times: float | None = None


Run = Callable[[float], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Load:
    """One load. `ready(subject, seconds)` makes enough of what it needs and gives what does it for some seconds.

    wanted: bounds by the name of a number. limit: what the parts below manage. is_paced: it has a rate of its own, so
    that its CPU and its statements a unit say nothing.
    """

    name: str
    what: str
    unit: str
    ready: Callable[[Subject, float], AbstractAsyncContextManager[Run]]
    wanted: Mapping[str, Bounds]
    percents: tuple[float, ...]
    limit: Callable[[Subject], Awaitable[str]] | None = None
    is_paced: bool = False


async def side_by_side(
    items: Iterable[T], workers: Sequence[Callable[[T], Awaitable[object]]], for_s: float, waited_for: str = ""
) -> Outcome:
    """Each worker takes the next item as soon as it is done with one, until the time or the items are over."""
    waiting = iter(items)
    seconds: list[float] = []
    began = time.perf_counter()

    async def work(on: Callable[[T], Awaitable[object]]) -> None:
        # However short the time is, each does one.
        at = began
        for item in waiting:
            await on(item)
            before, at = at, time.perf_counter()
            seconds.append(at - before)
            if at - began >= for_s:
                return

    await asyncio.gather(*map(work, workers))
    return Outcome(len(seconds), time.perf_counter() - began, {waited_for: seconds})
