"""The way of an event: outbox, relay, Kafka, consumer, inbox. Nothing is lost, doubled or overtaken, whatever dies."""

import asyncio
from datetime import datetime
from functools import partial
from itertools import count

import msgspec
import pytest

from shared.events.topics import EVENT_BYTES, TICKETING_EVENTS
from shared.kafka.producer import Outgoing, Producer
from shared.kafka.relay import Relay, Timer
from shared.observe.health import Health
from shared.unit.outbox import EventTooLarge
from shared.unit.tx import Tx
from tests.support.spine import Spine, assert_in_order, change_venue, heard_at_least, running, say
from tests.support.waiting import until


async def test_an_event_is_heard_once(spine: Spine) -> None:
    async with running(spine.speaker.relay(), spine.hearer.consumer()):
        await say(spine, "warm-up")
        await until(lambda: heard_at_least(spine, 1))
        for number in range(300):
            await say(spine, f"venue-{number % 20}")
            await asyncio.sleep(0.005)
        await until(lambda: heard_at_least(spine, 301))
    assert len(await spine.heard()) == 301


async def test_a_duplicate_is_heard_once_however_often_it_is_sent(spine: Spine) -> None:
    await say(spine, "lung-cu")
    async with running(spine.speaker.relay(), spine.hearer.consumer()):
        for _ in range(20):
            await until(lambda: all_sent(spine))
            await spine.speaker.unit.pool.execute("INSERT INTO unsent SELECT seq FROM outbox ON CONFLICT DO NOTHING")
        await until(lambda: all_sent(spine))
        await say(spine, "dong-van")
        await until(lambda: heard_at_least(spine, 2))
    assert await spine.heard() == [("lung-cu", 1), ("dong-van", 1)]


async def test_a_second_relay_waits_and_takes_over_when_the_first_dies(spine: Spine) -> None:
    ticks = count()

    async def tick() -> None:
        next(ticks)

    first, second = spine.speaker.relay(), spine.speaker.relay([Timer(0.05, tick)])
    leading = asyncio.create_task(first.run())
    await say(spine, "lung-cu")
    await until(lambda: all_sent(spine))
    async with running(second, spine.hearer.consumer()):
        await until(lambda: heard_at_least(spine, 1))
        ticked_while_waiting = next(ticks)
        leading.cancel()
        await asyncio.wait([leading])
        await say(spine, "lung-cu")
        await until(lambda: heard_at_least(spine, 2))
        await until(lambda: ticked(ticks))
    assert ticked_while_waiting == 0
    assert await spine.heard() == [("lung-cu", 1), ("lung-cu", 2)]


async def test_a_relay_is_not_ready_while_kafka_takes_nothing_from_it(spine: Spine) -> None:
    speaker = spine.speaker
    health = Health(speaker.unit.pool, unsent_limit_s=0.1)

    async def is_ready(*, expected: bool) -> bool:
        return (await health.ready())[0] is expected

    nowhere = Producer("127.0.0.1:1", limit_s=0.2)
    async with running(Relay(speaker.settings, nowhere, speaker.unit.waker, health)):
        assert await is_ready(expected=True)
        await say(spine, "lung-cu")
        await until(partial(is_ready, expected=False))
    kafka = Producer(speaker.settings.kafka_bootstrap)
    async with running(Relay(speaker.settings, kafka, speaker.unit.waker, health)):
        await until(partial(is_ready, expected=True))


async def test_what_an_event_too_large_for_kafka_tells_of_does_not_happen(spine: Spine) -> None:
    async def boast(tx: Tx, _command: None, now: datetime) -> None:
        event = await change_venue(tx, "lung-cu", now)
        tx.emit(msgspec.structs.replace(event, name_en="x" * EVENT_BYTES))

    with pytest.raises(EventTooLarge):
        await spine.speaker.unit.run(boast, None)
    assert await spine.speaker.unit.pool.fetchval("SELECT count(*) FROM venue") == 0
    assert await spine.unsent(spine.speaker) == 0


async def test_an_event_too_large_for_its_topic_does_not_hold_up_the_others(spine: Spine) -> None:
    producer = Producer(spine.cluster.kafka_bootstrap)
    topic = spine.speaker.settings.topic_prefix + TICKETING_EVENTS.name
    rows = [Outgoing(1, topic, "a", b"x" * EVENT_BYTES, {}), Outgoing(2, topic, "b", b"{}", {})]
    assert [await producer.send(rows), await producer.send(rows)] == [[2], [2]]
    await producer.close()


async def test_two_consumers_share_the_work_and_one_takes_all_when_the_other_goes(spine: Spine) -> None:
    first, second = spine.hearer.consumer(instance="one"), spine.hearer.consumer(instance="two")
    async with running(spine.speaker.relay(), first):
        async with running(second):
            for number in range(100):
                await say(spine, f"venue-{number % 10}")
            await until(lambda: heard_at_least(spine, 100))
        # Else Kafka would keep for half a minute what the other read.
        assert [member.partition(".")[0] for member in await spine.hearer.members()] == ["one"]
        for number in range(100):
            await say(spine, f"venue-{number % 10}")
        await until(lambda: heard_at_least(spine, 200))
    assert await spine.hearer.members() == []
    assert_in_order(await spine.heard(), {f"venue-{number}": 20 for number in range(10)})


async def all_sent(spine: Spine) -> bool:
    return await spine.unsent(spine.speaker) == 0


async def ticked(ticks: "count[int]") -> bool:
    return next(ticks) > 2
