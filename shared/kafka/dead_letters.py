"""Events put aside, on the topic `<service>.dead-letters`: put one there, read them, run the handler on them again.

A replay is handled once under "replay:" and its own identifier; the original stays claimed, so that a late duplicate
of it does nothing. Nothing is appended to the source topic.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from aiokafka import AIOKafkaConsumer

from shared.errors import DomainError, Poison
from shared.events import topics
from shared.ids import uuid7
from shared.kafka.connection import connection
from shared.kafka.message import Message
from shared.kafka.patience import stop_within
from shared.observe import trace
from shared.observe.log import Log
from shared.observe.metrics import DEAD_LETTERS
from shared.settings import Settings
from shared.unit import inbox, outbox
from shared.unit.outbox import OutboxRow
from shared.unit.unit import Unit

log = Log(__name__)
_LIMIT_S = 15.0
_REPLAY = "replay:"
_ORIGIN = ("dlq-reason", "dlq-topic", "dlq-partition", "dlq-offset")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message as it first came, why it was put aside, and whether it has been replayed."""

    message: Message
    reason: str
    replayed: bool


class DeadLetterBox(Protocol):
    """What was put aside by a service, wherever it keeps that."""

    async def read(self) -> list[DeadLetter]:
        """All of them, oldest first."""
        ...

    async def replay(self, ce_ids: Sequence[str] | None = None) -> Mapping[str, str]:
        """What became of each dead letter, or of the named ones: "done", "done_before", or why it failed again."""
        ...


class DeadLetters:
    """Those of one service on its topic; `handle` is what its consumer does with a message."""

    def __init__(self, settings: Settings, unit: Unit, handle: Callable[[Message], Awaitable[None]]) -> None:
        self._settings = settings
        self._unit = unit
        self._handle = handle
        self._topic = topics.dead_letters(settings.service).name

    async def put(self, message: Message, reason: str) -> None:
        """Puts a message aside and marks it as handled, in one transaction."""
        row = self._row(message, reason)
        async with self._unit.pool.acquire() as connection, connection.transaction():
            if not await inbox.claim(connection, message.ce_id):
                return
            await outbox.append(connection, [row], [])
        self._unit.waker.wake()
        DEAD_LETTERS.labels(reason).inc()
        log.error("dead_letter", reason=reason, type=message.ce_type, ce_id=message.ce_id, topic=message.topic)

    async def read(self) -> list[DeadLetter]:
        found: dict[str, tuple[Message, str]] = {}
        for record in await self._records():
            reason = record.headers.get("dlq-reason", "")
            message = Message(
                topic=record.headers.get("dlq-topic", ""),
                partition=int(record.headers.get("dlq-partition", "-1")),
                offset=int(record.headers.get("dlq-offset", "-1")),
                key=record.key,
                value=record.value,
                headers={name: value for name, value in record.headers.items() if name not in _ORIGIN},
            )
            found.setdefault(message.ce_id, (message, reason))
        async with self._unit.pool.acquire() as connection:
            known = await inbox.known(connection, [_REPLAY + ce_id for ce_id in found])
        return [DeadLetter(m, reason, replayed=_REPLAY + ce_id in known) for ce_id, (m, reason) in found.items()]

    async def replay(self, ce_ids: Sequence[str] | None = None) -> dict[str, str]:
        outcomes: dict[str, str] = {}
        for letter in await self.read():
            ce_id = letter.message.ce_id
            if ce_ids is not None and ce_id not in ce_ids:
                continue
            outcomes[ce_id] = "done_before" if letter.replayed else await _again(self._handle, letter.message)
        return outcomes

    def _row(self, message: Message, reason: str) -> OutboxRow:
        headers = message.headers | {
            "ce_id": message.ce_id,
            "dlq-reason": reason,
            "dlq-topic": message.topic,
            "dlq-partition": str(message.partition),
            "dlq-offset": str(message.offset),
        }
        headers.setdefault("traceparent", trace.traceparent(trace.current()))
        return OutboxRow(
            id=uuid7(),
            topic=self._topic,
            key=message.key,
            aggregate_type="dead_letter",
            aggregate_id=message.ce_id,
            type=message.ce_type,
            payload=message.value,
            headers=headers,
            at=self._unit.clock(),
        )

    async def _records(self) -> list[Message]:
        kafka = AIOKafkaConsumer(
            self._settings.topic_prefix + self._topic,
            **connection(self._settings.kafka_bootstrap),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        records: list[Message] = []
        try:
            async with asyncio.timeout(_LIMIT_S):
                await kafka.start()
                ends = await kafka.end_offsets(kafka.assignment())
            for partition, end in ends.items():
                while await kafka.position(partition) < end:
                    async with asyncio.timeout(_LIMIT_S):
                        batch = await kafka.getmany(partition, timeout_ms=1000)
                    records += [Message.of(record, self._settings.topic_prefix) for record in batch.get(partition, [])]
        finally:
            await stop_within(kafka, 5)
        return records


async def _again(handle: Callable[[Message], Awaitable[None]], message: Message) -> str:
    try:
        await handle(replace(message, headers=message.headers | {"ce_id": _REPLAY + message.ce_id}))
    except Poison as error:
        return error.reason
    except DomainError as error:
        return error.code
    return "done"
