"""Messages as a stranger may write them: put on the log past every service of ours."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from shared.events.topics import Topic
from shared.kafka.connection import connection
from tests.support.spine import Spine


@asynccontextmanager
async def stranger(address: str) -> AsyncGenerator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(**connection(address), acks="all", linger_ms=5, max_request_size=2**21)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(
    spine: Spine, topic: Topic, value: bytes, headers: Mapping[str, str], *, key: bytes = b"lung-cu"
) -> None:
    """One message, all of one partition unless another key is given."""
    pairs = [(name, text.encode()) for name, text in headers.items()]
    async with stranger(spine.cluster.kafka_bootstrap) as producer:
        name = spine.speaker.settings.topic_prefix + topic.name
        await producer.send_and_wait(name, value, key=key, headers=pairs)


async def flood(spine: Spine, topic: Topic, number: int, value: bytes, headers: Mapping[str, str]) -> None:
    """So many messages of one partition, each under an identifier of its own."""
    pairs = [(name, text.encode()) for name, text in headers.items()]
    async with stranger(spine.cluster.kafka_bootstrap) as producer:
        name = spine.speaker.settings.topic_prefix + topic.name
        waits = [
            await producer.send(name, value, key=b"lung-cu", headers=[*pairs, ("ce_id", f"flood-{n}".encode())])
            for n in range(number)
        ]
        for wait in waits:
            await wait
