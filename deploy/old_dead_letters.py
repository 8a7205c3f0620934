"""Dead letters of an earlier release lie on topics of their own: they go into the tables once, and the topics go.

Safe to be cut short anywhere: a topic goes when all of it is in the table, where each letter has room once.
"""

import asyncio
import re
from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from shared.clock import utc_now
from shared.kafka.connection import connection
from shared.kafka.dead_letters import letter_of
from shared.kafka.faults import Fault
from shared.kafka.handler import Money
from shared.kafka.message import Message
from shared.kafka.patience import stop_within
from shared.settings import KAFKA_ADMIN, SERVICES, TOPIC_PREFIX, Settings, kafka_address
from shared.storage.db import connect
from shared.unit import dead_letters, inbox
from shared.unit.dead_letters import DeadLetter

_LIMIT_S = 15.0
_ORIGIN = ("dlq-reason", "dlq-topic", "dlq-partition", "dlq-offset")


async def take_in(environment: Mapping[str, str]) -> list[str]:
    """What was done, a line for each topic."""
    address, prefix = kafka_address(KAFKA_ADMIN, environment), TOPIC_PREFIX.of(environment)
    admin = AIOKafkaAdminClient(**connection(address))
    await admin.start()
    try:
        there = set(await admin.list_topics())
        said: list[str] = []
        for service in SERVICES:
            topic = f"{prefix}{service}.dead-letters"
            if topic in there:
                try:
                    letters = [_letter(message) for message in await _read(address, topic, prefix)]
                    await _keep(Settings.read(service, environment), letters)
                    await admin.delete_topics([topic])
                except Exception as error:  # nobody shall be kept from selling tickets by what was put aside long ago
                    said.append(f"{topic}: not taken into the table ({error!r}); the next start tries again")
                else:
                    said.append(f"{topic}: {len(letters)} dead letters taken into the table, topic deleted")
        return said
    finally:
        await admin.close()


async def _read(address: str, topic: str, prefix: str) -> list[Message]:
    kafka = AIOKafkaConsumer(topic, **connection(address), auto_offset_reset="earliest", enable_auto_commit=False)
    messages: list[Message] = []
    try:
        async with asyncio.timeout(_LIMIT_S):
            await kafka.start()
            ends = await kafka.end_offsets(kafka.assignment())
        for partition, end in ends.items():
            while await kafka.position(partition) < end:
                async with asyncio.timeout(_LIMIT_S):
                    batch = await kafka.getmany(partition, timeout_ms=1000)
                messages += [Message.of(record, prefix) for record in batch.get(partition, [])]
    finally:
        await stop_within(kafka, 5)
    return messages


def _letter(message: Message) -> DeadLetter:
    """The original under its own place; what tells of none lies where it was found, since anybody could write there."""
    told = message.headers
    original = message
    partition, offset = told.get("dlq-partition", ""), told.get("dlq-offset", "")
    if re.fullmatch("[0-9]{1,9}", partition, re.ASCII) and re.fullmatch("[0-9]{1,18}", offset, re.ASCII):
        original = Message(
            topic=told.get("dlq-topic", "") or message.topic,
            partition=int(partition),
            offset=int(offset),
            timestamp_ms=message.timestamp_ms,
            key=message.key,
            value=message.value,
            raw_headers=[(name, value) for name, value in message.raw_headers if name not in _ORIGIN],
        )
    fault = Fault(told.get("dlq-reason", "")[:200] or "unknown", "from an earlier release", is_broken=False)
    return letter_of(original, fault, min(message.at, utc_now()), Money())


async def _keep(settings: Settings, letters: list[DeadLetter]) -> None:
    database = await connect(settings.database_url, "old-dead-letters")
    try:
        async with database.transaction():
            replayed = await inbox.known(database, [f"replay:{letter.ce_id}" for letter in letters])
            await dead_letters.insert(database, letters)
            for letter in letters:
                if f"replay:{letter.ce_id}" in replayed:
                    await dead_letters.settle(database, letter, utc_now(), "replayed")
    finally:
        await database.close()
