"""A producer that survives what aiokafka's own does not.

With idempotence on, aiokafka's send never times out while the broker is away, its stop() hangs, and some errors end it
for good. So every wait is bounded here, and a producer in doubt is abandoned for a new one.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import NamedTuple, cast

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from shared.events.topics import EVENT_BYTES
from shared.kafka.connection import connection
from shared.kafka.patience import stop_within
from shared.observe.log import Log
from shared.observe.metrics import PRODUCERS_REPLACED

log = Log(__name__)
_STOP_LIMIT_S = 2.0


class Outgoing(NamedTuple):
    """One row to send; topic with its prefix."""

    seq: int
    topic: str
    key: str
    payload: bytes
    headers: Mapping[str, str]


class Producer:
    """Idempotent, acks=all. One task at a time may send."""

    def __init__(self, address: str, limit_s: float = 10.0) -> None:
        self._address = address
        self._limit_s = limit_s
        self._kafka: AIOKafkaProducer | None = None

    async def send(self, rows: Sequence[Outgoing]) -> list[int]:
        """The seq of each row that Kafka acknowledged; of a key, nothing after its first failed row.

        Returns within the limit and raises nothing of Kafka's: what is missing is to be sent again.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._limit_s
        waits: list[tuple[Outgoing, asyncio.Future[object]]] = []
        refused: set[tuple[str, str]] = set()
        trouble: str | None = None
        try:
            async with asyncio.timeout_at(deadline):
                kafka = self._kafka or await self._start()
                for row in rows:
                    if (row.topic, row.key) not in refused:
                        await _enqueue(kafka, row, waits, refused)
            if waits:
                await asyncio.wait([wait for _, wait in waits], timeout=max(deadline - loop.time(), 0))
        except (KafkaError, OSError) as error:
            trouble = type(error).__name__
        acknowledged = _acknowledged(waits)
        if trouble or len(acknowledged) < len(waits):
            await self._abandon(trouble or "unacknowledged")
        return acknowledged

    async def close(self) -> None:
        if self._kafka is not None:
            kafka, self._kafka = self._kafka, None
            await _end(kafka)

    async def _start(self) -> AIOKafkaProducer:
        kafka = AIOKafkaProducer(
            **connection(self._address),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=262_144,
            max_request_size=EVENT_BYTES,
            request_timeout_ms=5_000,
        )
        self._kafka = kafka
        await kafka.start()
        return kafka

    async def _abandon(self, reason: str) -> None:
        log.warning("producer_abandoned", reason=reason)
        PRODUCERS_REPLACED.inc()
        await self.close()


async def _enqueue(
    kafka: AIOKafkaProducer,
    row: Outgoing,
    waits: list[tuple[Outgoing, asyncio.Future[object]]],
    refused: set[tuple[str, str]],
) -> None:
    key = row.key.encode()
    headers = [(name, value.encode()) for name, value in row.headers.items()]
    # Asked here, because a refusal by the broker ends the producer.
    if DefaultRecordBatchBuilder.estimate_size_in_bytes(key, row.payload, headers) > EVENT_BYTES:
        refused.add((row.topic, row.key))
        log.error("event_too_large", seq=row.seq, size_bytes=len(row.payload))
        return
    wait = await kafka.send(row.topic, value=row.payload, key=key, headers=headers)
    waits.append((row, asyncio.ensure_future(cast("Awaitable[object]", wait))))


def _acknowledged(waits: Sequence[tuple[Outgoing, asyncio.Future[object]]]) -> list[int]:
    failed: set[tuple[str, str]] = set()
    acknowledged: list[int] = []
    for row, wait in waits:
        name = (row.topic, row.key)
        if not wait.done() or wait.cancelled() or wait.exception() is not None:
            failed.add(name)
        elif name not in failed:
            acknowledged.append(row.seq)
    return acknowledged


async def _end(kafka: AIOKafkaProducer) -> None:
    """Stops a producer in good order if it can be, else by force."""
    await stop_within(kafka, _STOP_LIMIT_S)
    # stop() leaves the sending task alive when it hangs. Left alone it would send old rows when the broker is back.
    sender: object = getattr(kafka, "_sender", None)
    task: object = getattr(sender, "sender_task", None)
    if isinstance(task, asyncio.Task) and not task.done():
        task.cancel()
