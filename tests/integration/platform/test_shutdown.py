"""A part that is told to stop while Kafka is away ends within seconds, and what it had not finished is done later."""

import asyncio
import time

import pytest

from shared.kafka.patience import Patience
from tests.support.ending import END_LIMIT_S
from tests.support.spine import Spine


async def test_an_end_cuts_the_waiting_call_short_and_those_to_come() -> None:
    patience = Patience()
    began_at = time.monotonic()
    async with asyncio.timeout(20):
        waiting = asyncio.create_task(_wait_for_ever(patience))
        await asyncio.sleep(0)
        patience.end()
        for call in (waiting, _wait_for_ever(patience)):
            with pytest.raises(TimeoutError):
                await call
    assert time.monotonic() - began_at < END_LIMIT_S


async def _wait_for_ever(patience: Patience) -> None:
    async with patience.wait(60):
        await asyncio.Event().wait()


async def has_heard(spine: Spine, number: int) -> bool:
    return len(await spine.heard()) == number
