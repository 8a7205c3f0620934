"""What a bank says is kept by when it came: its clock decides nothing about how long it can be read."""

from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.clock import utc_now
from shared.events.topics import ALL, BANK_TRANSFERS
from shared.kafka import topics
from shared.kafka.connection import connection
from tests.support.cluster import Cluster
from tests.support.topics import own_topics, until_told_of
from tests.support.waiting import until

YEAR_1970_MS = 1
DAY_MS = 24 * 3600 * 1000


async def test_a_message_from_a_wrong_clock_is_kept_as_long_as_any(cluster: Cluster) -> None:
    """Kafka throws away by a record's time, and looks every five minutes."""
    prefix = f"wrongclock{uuid4().hex[:8]}."
    async with own_topics(cluster.kafka_bootstrap, prefix):
        name = prefix + BANK_TRANSFERS.name
        producer = AIOKafkaProducer(**connection(cluster.kafka_bootstrap), acks="all")
        await producer.start()
        await producer.send_and_wait(name, b"{}", partition=0, timestamp_ms=YEAR_1970_MS)
        await producer.stop()
        consumer = AIOKafkaConsumer(**connection(cluster.kafka_bootstrap), enable_auto_commit=False)
        await consumer.start()
        consumer.assign([TopicPartition(name, 0)])
        await consumer.seek_to_beginning()
        record = await consumer.getone()
        await consumer.stop()
    assert abs(record.timestamp - utc_now().timestamp() * 1000) < DAY_MS


async def test_a_topic_of_before_is_amended_and_keeps_what_else_was_set(cluster: Cluster) -> None:
    prefix = f"before{uuid4().hex[:8]}."
    name = prefix + BANK_TRANSFERS.name
    admin = AIOKafkaAdminClient(**connection(cluster.kafka_bootstrap))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1, topic_configs={"retention.ms": "12345678"})])
        await until_told_of(cluster.kafka_bootstrap, [name])
        await topics.create(cluster.kafka_bootstrap, prefix, 1)

        async def set_to() -> dict[str, str | None]:
            [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
            [(_, _, _, _, entries)] = answer.resources
            return {entry[0]: entry[1] for entry in entries}

        async def is_amended() -> bool:
            return (await set_to())["message.timestamp.type"] == "LogAppendTime"

        await until(is_amended)
        assert (await set_to())["retention.ms"] == "12345678"
        await admin.delete_topics([prefix + topic.name for topic in ALL])
    finally:
        await admin.close()
