"""The one way to wait: for an event, for several, or for some time."""

import asyncio
import time

import pytest

from shared.clock import until

LONG_S = 60.0


def events(count: int) -> list[asyncio.Event]:
    return [asyncio.Event() for _ in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_an_event_that_is_set_is_not_waited_for(count: int) -> None:
    waited = events(count)
    waited[-1].set()
    began_at = time.monotonic()
    assert await until(*waited, seconds=LONG_S)
    assert time.monotonic() - began_at < LONG_S / 2


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_the_first_event_that_is_set_ends_the_wait(count: int) -> None:
    waited = events(count)
    waiting = asyncio.create_task(until(*waited))
    await asyncio.sleep(0)
    waited[-1].set()
    async with asyncio.timeout(LONG_S / 2):
        assert await waiting


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_the_time_ends_the_wait_and_says_that_nothing_happened(count: int) -> None:
    assert not await until(*events(count), seconds=0.01)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("is_cut_short", [True, False])
async def test_nothing_is_left_waiting_afterwards(count: int, *, is_cut_short: bool) -> None:
    before = asyncio.all_tasks()
    waiting = asyncio.create_task(until(*events(count), seconds=LONG_S if is_cut_short else 0.01))
    await asyncio.sleep(0)
    if is_cut_short:
        waiting.cancel()
    await asyncio.wait([waiting])
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert waiting.cancelled() == is_cut_short


async def test_a_limit_around_the_wait_stays_a_limit() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await until(*events(1), seconds=LONG_S)
