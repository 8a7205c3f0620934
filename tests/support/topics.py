"""Topics of a test's own, small and gone with it: thousands of partitions would slow every client's first question."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from shared.events.topics import ALL, Topic
from shared.kafka.connection import connection
from shared.kafka.patience import stop_within
from shared.kafka.topics import partitions_of
from tests.support.waiting import PATIENCE_S, until

# Enough for keys to lie apart and for two readers to share.
PARTITIONS = 2


@asynccontextmanager
async def own_topics(bootstrap: str, prefix: str, topics: Sequence[Topic] = ALL) -> AsyncGenerator[None]:
    """The topics under this prefix, configured as in earnest; removed afterwards."""
    await make_topics(bootstrap, prefix, topics)
    try:
        yield
    finally:
        admin = AIOKafkaAdminClient(**connection(bootstrap))
        await admin.start()
        await admin.delete_topics([prefix + topic.name for topic in topics])
        await admin.close()


async def make_topics(bootstrap: str, prefix: str, topics: Sequence[Topic] = ALL) -> None:
    """Returns once the broker tells of them all."""
    admin = AIOKafkaAdminClient(**connection(bootstrap))
    await admin.start()
    try:
        made = await admin.create_topics([_small(topic, prefix) for topic in topics])
    finally:
        await admin.close()
    for name, code, *_ in made.topic_errors:
        assert not code, f"{name}: {for_code(code)}"
    await until_told_of(bootstrap, [prefix + topic.name for topic in topics])


async def until_told_of(bootstrap: str, names: Sequence[str]) -> None:
    """A broker follows its controller some moments later."""

    async def are_told_of() -> bool:
        try:
            return bool(await partitions_of(bootstrap, names))
        except UnknownTopicOrPartitionError:
            return False

    await until(are_told_of)


async def members_of(bootstrap: str, group: str) -> list[str]:
    """What Kafka calls the members of a group: a name, and what is new each time that one joins by it."""
    admin = AIOKafkaAdminClient(**connection(bootstrap))
    await admin.start()
    try:
        [answer] = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    return [member_id for member_id, *_ in answer.groups[0][5]]


async def ends_of(bootstrap: str, names: Sequence[str]) -> dict[TopicPartition, int]:
    """The offset after the last message of each partition."""
    consumer = AIOKafkaConsumer(**connection(bootstrap))
    await consumer.start()
    try:
        return await consumer.end_offsets(await partitions_of(bootstrap, names))
    finally:
        await stop_within(consumer, 5)


async def times_said(
    bootstrap: str, names: Sequence[str], since: Mapping[TopicPartition, int] | None = None
) -> Counter[str]:
    """How often the topics hold each event, by its identifier, from these offsets on."""
    ends, begins = await ends_of(bootstrap, names), since or {}
    said: Counter[str] = Counter()
    consumer = AIOKafkaConsumer(**connection(bootstrap))
    await consumer.start()
    try:
        consumer.assign(list(ends))
        for partition, end in ends.items():
            begin = begins.get(partition, 0)
            consumer.seek(partition, begin)
            while begin < end:
                async with asyncio.timeout(PATIENCE_S):
                    record = await consumer.getone(partition)
                said[(dict(record.headers)["ce_id"] or b"").decode()] += 1
                begin = record.offset + 1
    finally:
        await stop_within(consumer, 5)
    return said


def _small(topic: Topic, prefix: str) -> NewTopic:
    partitions = min(topic.partitions, PARTITIONS)
    return NewTopic(prefix + topic.name, partitions, 1, topic_configs=topic.configuration)
