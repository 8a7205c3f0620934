"""The topics, their partitions and how long they keep; `python -m shared.topics create` makes what is missing."""

import asyncio
import os
import sys
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

FOREVER_MS = -1
DAYS_90_MS = 90 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """A partition count is for life: keys move when it changes."""

    name: str
    partitions: int
    retention_ms: int


TICKETING_EVENTS = Topic("ticketing.events", 12, FOREVER_MS)
PAYMENTS_EVENTS = Topic("payments.events", 12, FOREVER_MS)
BANK_TRANSFERS = Topic("bank.transfers", 12, DAYS_90_MS)
SERVICES = ("ticketing", "payments", "analytics")


def dead_letters(service: str) -> Topic:
    return Topic(f"{service}.dead-letters", 1, DAYS_90_MS)


ALL = (TICKETING_EVENTS, PAYMENTS_EVENTS, BANK_TRANSFERS, *(dead_letters(service) for service in SERVICES))


async def create(bootstrap_servers: str, prefix: str = "", replication_factor: int = 1) -> list[str]:
    """Makes the topics that are missing; the names made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in ALL if prefix + topic.name not in existing]
        response = await admin.create_topics(
            [
                NewTopic(
                    prefix + topic.name,
                    topic.partitions,
                    replication_factor,
                    topic_configs={"retention.ms": str(topic.retention_ms), "max.message.bytes": "1048588"},
                )
                for topic in missing
            ]
        )
        for _, code, *_ in response.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)
        return [prefix + topic.name for topic in missing]
    finally:
        await admin.close()


def main(arguments: list[str]) -> int:
    if arguments != ["create"]:
        print("usage: python -m shared.topics create", file=sys.stderr)
        return 2
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9094")
    factor = int(os.environ.get("KAFKA_REPLICATION_FACTOR", "1"))
    for name in asyncio.run(create(bootstrap, os.environ.get("TOPIC_PREFIX", ""), factor)):
        print(f"topic {name} made")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
