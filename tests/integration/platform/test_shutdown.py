"""A part that is told to stop while Kafka is away ends within seconds, and what it had not finished is done later."""

import asyncio
import time

import pytest

from shared.kafka.message import Message
from shared.kafka.patience import Patience
from tests.support.ending import END_LIMIT_S, seconds_to_end, waits_for_kafka
from tests.support.spine import Spine, change_venue, running
from tests.support.waiting import until


async def test_a_consumer_told_to_stop_while_kafka_is_away_ends_soon_and_its_events_are_heard_once(
    spine: Spine,
) -> None:
    is_gone, has_come = asyncio.Event(), asyncio.Event()
    handle = spine.hearer.handler()

    async def handle_when_kafka_is_gone(message: Message) -> None:
        has_come.set()
        await is_gone.wait()
        await handle(message)

    consumer = spine.hearer.consumer(handle_when_kafka_is_gone)
    async with running(spine.speaker.relay()):
        await spine.speaker.unit.run(change_venue, "lung-cu")
        task = asyncio.create_task(consumer.run())
        await asyncio.wait_for(has_come.wait(), 30)
    await asyncio.to_thread(spine.cluster.kill_kafka)
    try:
        is_gone.set()
        await until(lambda: waits_for_kafka(spine.hearer.health, 2.0))
        took_s = await seconds_to_end(consumer, task)
    finally:
        await asyncio.to_thread(spine.cluster.start_kafka)
    assert took_s < END_LIMIT_S

    async with running(spine.speaker.relay(), spine.hearer.consumer()):
        await spine.speaker.unit.run(change_venue, "nha-vuong")
        await until(lambda: has_heard(spine, 2))
    assert await spine.heard() == [("lung-cu", 1), ("nha-vuong", 1)]


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
