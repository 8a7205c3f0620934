"""The way of an event: outbox, relay, Kafka, consumer, inbox. Nothing is lost, doubled or overtaken, whatever dies."""

import asyncio
from functools import partial
from itertools import count
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.errors import DomainError
from shared.events import topics
from shared.events.ticketing import VenueChanged
from shared.events.topics import BANK_TRANSFERS, EVENT_BYTES, TICKETING_EVENTS
from shared.kafka.connection import connection
from shared.kafka.handler import Raw
from shared.kafka.message import Message
from shared.kafka.producer import Outgoing, Producer
from shared.kafka.relay import Relay, Timer
from shared.kafka.topics import create as create_topics
from shared.observe.health import Health
from tests.support.spine import Spine, assert_in_order, change_venue, heard_at_least, running, say
from tests.support.topics import until_told_of
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
            await spine.speaker.unit.pool.execute("UPDATE outbox SET sent_at = NULL")
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


async def test_poison_goes_to_the_dead_letters_and_later_events_pass(spine: Spine) -> None:
    hearer = spine.hearer
    await send(spine, TICKETING_EVENTS.name, "lung-cu", b"{", {"ce_id": "broken", "ce_type": VenueChanged.TYPE})
    await send(spine, TICKETING_EVENTS.name, "lung-cu", b"{}", {"ce_id": "untyped"})
    await send(spine, TICKETING_EVENTS.name, "lung-cu", b"{}", {"ce_id": "unknown", "ce_type": "ticketing.of_later.v9"})
    async with running(spine.speaker.relay(), hearer.relay(), hearer.consumer()):
        await say(spine, "lung-cu")
        await until(lambda: heard_at_least(spine, 1))
        await until(lambda: none_unsent(spine))
    letters = await hearer.dead_letters.read()
    assert [(letter.message.ce_id, letter.reason, letter.message.value) for letter in letters] == [
        ("broken", "broken_contract", b"{"),
        ("untyped", "missing_type", b"{}"),
    ]
    assert [letter.message.topic for letter in letters] == [TICKETING_EVENTS.name] * 2


async def test_a_message_at_the_size_limit_is_put_aside_and_leaves(spine: Spine) -> None:
    hearer = spine.hearer
    headers = {"ce_id": "huge", "ce_type": VenueChanged.TYPE}
    value = b"x" * 1_048_440
    await send(spine, TICKETING_EVENTS.name, "lung-cu", value, headers)
    async with running(hearer.relay(), hearer.consumer()):
        await until(lambda: put_aside(spine, 1))
        await until(lambda: none_unsent(spine))
        assert (await hearer.health.ready())[0]
    (letter,) = await hearer.dead_letters.read()
    assert (letter.message.ce_id, letter.message.value) == ("huge", value)


async def test_an_event_too_large_for_its_topic_does_not_hold_up_the_others(spine: Spine) -> None:
    producer = Producer(spine.cluster.kafka_bootstrap)
    topic = spine.speaker.settings.topic_prefix + TICKETING_EVENTS.name
    rows = [Outgoing(1, topic, "a", b"x" * EVENT_BYTES, {}), Outgoing(2, topic, "b", b"{}", {})]
    assert [await producer.send(rows), await producer.send(rows)] == [[2], [2]]
    await producer.close()


async def test_topics_from_before_get_room_for_dead_letters_and_keep_what_was_set(spine: Spine) -> None:
    name, prefix = topics.dead_letters("payments").name, f"t{uuid4().hex[:8]}."
    admin = AIOKafkaAdminClient(**connection(spine.cluster.kafka_bootstrap))
    await admin.start()
    before = {"max.message.bytes": str(EVENT_BYTES), "retention.ms": "86400000"}
    await admin.create_topics([NewTopic(prefix + name, 1, 1, topic_configs=before)])
    await until_told_of(spine.cluster.kafka_bootstrap, [prefix + name])

    async def is_roomy() -> bool:
        (told,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, prefix + name)])
        values = {entry[0]: entry[1] for entry in told.resources[0][4]}
        assert values["retention.ms"] == "86400000"
        return values["max.message.bytes"] == str(topics.DEAD_LETTER_BYTES)

    assert prefix + name not in await create_topics(spine.cluster.kafka_bootstrap, prefix)

    # The broker follows its controller some moments later.
    await until(is_roomy)
    await create_topics(spine.cluster.kafka_bootstrap, prefix)
    assert await is_roomy()
    await admin.close()


async def test_a_dead_letter_is_replayed_once_after_the_mistake_is_mended(spine: Spine) -> None:
    hearer = spine.hearer
    await hearer.unit.pool.execute("INSERT INTO refuse VALUES ('lung-cu')")
    async with running(spine.speaker.relay(), hearer.relay(), hearer.consumer()):
        await say(spine, "lung-cu")
        await say(spine, "dong-van")
        await until(lambda: heard_at_least(spine, 1))
        await until(lambda: put_aside(spine, 1))
        await until(lambda: none_unsent(spine))
    (letter,) = await hearer.dead_letters.read()
    assert (letter.reason, letter.replayed) == ("unexpected", False)
    await hearer.unit.pool.execute("DELETE FROM refuse")

    first = await hearer.dead_letters.replay()
    again = await hearer.dead_letters.replay()

    assert (list(first.values()), list(again.values())) == (["done"], ["done_before"])
    assert (await hearer.dead_letters.read())[0].replayed
    assert await spine.heard() == [("dong-van", 1), ("lung-cu", 1)]


async def test_a_flood_of_dead_letters_stops_the_consumer(spine: Spine) -> None:
    class Refused(DomainError):
        code = "refused"

    async def refuse(_message: Message) -> None:
        raise Refused

    hearer = spine.hearer
    for number in range(260):
        await say(spine, f"venue-{number}")
    async with running(spine.speaker.relay(), hearer.consumer(refuse)):
        await until(lambda: halted(spine))
    assert (await hearer.health.ready())[0] is False
    assert await hearer.unit.pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'payments.dead-letters'") == 200
    async with running(hearer.consumer()):
        hearer.health.halted = False
        await until(lambda: heard_at_least(spine, 60))
    assert len(await spine.heard()) == 60


async def test_a_raw_feed_takes_known_types_only(spine: Spine) -> None:
    handler = spine.hearer.handler()
    raw = Raw(BANK_TRANSFERS.name, {"bank.sepay_transfer.v1": lambda message: message.value.decode()}, change_venue)
    handler = type(handler)(spine.hearer.unit, {}, raw)
    consumer = spine.hearer.consumer(handler)
    consumer.topics = [BANK_TRANSFERS.name]
    await send(spine, BANK_TRANSFERS.name, "0451", b"lung-cu", {"ce_id": "a", "ce_type": "bank.sepay_transfer.v1"})
    await send(spine, BANK_TRANSFERS.name, "0451", b"lung-cu", {"ce_id": "b", "ce_type": "bank.other.v1"})
    async with running(consumer):
        await until(lambda: put_aside(spine, 1))
    assert await spine.hearer.unit.pool.fetchval("SELECT version FROM venue") == 1
    assert await spine.hearer.unit.pool.fetchval("SELECT headers ->> 'dlq-reason' FROM outbox WHERE key = '0451'") == (
        "unknown_type"
    )


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


async def send(spine: Spine, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
    """Puts a message into a topic past the outbox, as a stranger would."""
    producer = Producer(spine.cluster.kafka_bootstrap)
    row = Outgoing(1, spine.speaker.settings.topic_prefix + topic, key, value, headers)
    assert await producer.send([row]) == [1]
    await producer.close()


async def all_sent(spine: Spine) -> bool:
    return await spine.unsent(spine.speaker) == 0


async def none_unsent(spine: Spine) -> bool:
    return await spine.unsent(spine.hearer) == 0


async def put_aside(spine: Spine, number: int) -> bool:
    return int(await spine.hearer.unit.pool.fetchval("SELECT count(*) FROM outbox")) >= number


async def halted(spine: Spine) -> bool:
    return spine.hearer.health.halted


async def ticked(ticks: "count[int]") -> bool:
    return next(ticks) > 2
