"""A part that is told to stop while Kafka is away ends within seconds, and what it had not finished is done later."""

import asyncio

from shared.kafka.message import Message
from shared.observe.health import Health
from tests.support.analytics_stage import Sale, Stage
from tests.support.ending import END_LIMIT_S, seconds_to_end, waits_for_kafka
from tests.support.spine import Only, Spine, change_venue, heard_at_least, running
from tests.support.waiting import PATIENCE_S, until


async def test_a_consumer_told_to_stop_while_kafka_is_away_ends_soon_and_its_events_are_heard_once(
    spine: Spine,
) -> None:
    is_gone, has_come = asyncio.Event(), asyncio.Event()
    handle = spine.hearer.handler()

    async def handle_when_kafka_is_gone(message: Message) -> None:
        has_come.set()
        await is_gone.wait()
        await handle([message])

    consumer = spine.hearer.consumer(Only(handle_when_kafka_is_gone))
    async with running(spine.speaker.relay()):
        await spine.speaker.unit.run(change_venue, "lung-cu")
        task = asyncio.create_task(consumer.run())
        await asyncio.wait_for(has_come.wait(), PATIENCE_S)
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
        await until(lambda: heard_at_least(spine, 2))
    assert await spine.heard() == [("lung-cu", 1), ("nha-vuong", 1)]


async def test_told_to_stop_while_kafka_is_away_the_worker_ends_soon_and_counts_the_rest_later(stage: Stage) -> None:
    await stage.say(Sale().settled())
    health = Health(stage.pool)
    worker = stage.worker(health)
    task = asyncio.create_task(worker.run())
    await until(stage.is_caught_up)
    await asyncio.to_thread(stage.cluster.kill_kafka)
    try:
        # It asks for the end of the log every two seconds; silent for longer, it waits for that answer.
        await until(lambda: waits_for_kafka(health, 4.0))
        took_s = await seconds_to_end(worker, task)
    finally:
        await asyncio.to_thread(stage.cluster.start_kafka)
    assert took_s < END_LIMIT_S

    await stage.say(Sale().settled())
    await stage.count()
    assert await stage.taken() == (2, 60_000)
    assert all(finding.ok for finding in await stage.verify())
