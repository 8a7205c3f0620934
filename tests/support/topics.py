"""Topics of a test's own, small and gone with it: thousands of partitions would slow every client's first question."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from shared.events.topics import ALL, Topic
from shared.kafka.connection import connection
from shared.kafka.topics import partitions_of
from tests.support.waiting import until

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


def _small(topic: Topic, prefix: str) -> NewTopic:
    partitions = min(topic.partitions, PARTITIONS)
    return NewTopic(prefix + topic.name, partitions, 1, topic_configs=topic.configuration)
