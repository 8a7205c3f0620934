"""Messages, and a producer that survives what aiokafka's own does not.

With idempotence on, aiokafka's send never times out while the broker is away, its stop() hangs, and some errors end it
for good. So every wait is bounded here, and a producer in doubt is abandoned for a new one.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from shared.log import Log
from shared.metrics import PRODUCERS_REPLACED
from shared.topics import DEAD_LETTER_BYTES, limit_bytes

log = Log(__name__)
_STOP_LIMIT_S = 2.0
# A broker that is there answers in milliseconds, and whoever stops us gives us few seconds for everything.
_LAST_CALL_S = 1.0
_CLOSING_S = 5.0


@dataclass(frozen=True, slots=True)
class Message:
    """What was read from Kafka. The topic is without our prefix; key and headers are text PostgreSQL can store."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, str]

    @property
    def ce_id(self) -> str:
        """The event's identifier; a message without one is named by its place in the log."""
        return self.headers.get("ce_id") or f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def ce_type(self) -> str:
        return self.headers.get("ce_type", "")

    @staticmethod
    def of(record: ConsumerRecord, prefix: str) -> "Message":
        return Message(
            topic=record.topic.removeprefix(prefix),
            partition=record.partition,
            offset=record.offset,
            key=_text(record.key or b""),
            value=record.value or b"",
            headers={name: _text(value) for name, value in record.headers},
        )


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").replace("\0", "\ufffd")


class Patience:
    """How long a part waits for Kafka's answers: as long as it says, but hardly at all once it has to end.

    One call at a time. What is cut short must be something that is done again after the next start.
    """

    def __init__(self) -> None:
        self._current: asyncio.Timeout | None = None
        self._is_over = False

    def end(self) -> None:
        """Cuts the call short that is waiting now, and those to come."""
        self._is_over = True
        if self._current is not None and not self._current.expired():
            self._current.reschedule(asyncio.get_running_loop().time() + _LAST_CALL_S)

    @property
    def closing_s(self) -> float:
        """How long saying goodbye to Kafka may take."""
        return _LAST_CALL_S if self._is_over else _CLOSING_S

    @asynccontextmanager
    async def wait(self, limit_s: float | None = None) -> AsyncGenerator[None]:
        """Raises TimeoutError when the calls within take too long; without a limit of ours they have their own."""
        async with asyncio.timeout(_LAST_CALL_S if self._is_over else limit_s) as call:
            self._current = call
            try:
                yield
            finally:
                self._current = None


class Outgoing(NamedTuple):
    """One row to send; topic with its prefix."""

    seq: int
    topic: str
    key: str
    payload: bytes
    headers: Mapping[str, str]


class Producer:
    """Idempotent, acks=all. One task at a time may send."""

    def __init__(self, bootstrap: str, limit_s: float = 10.0) -> None:
        self._bootstrap = bootstrap
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
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=262_144,
            max_request_size=DEAD_LETTER_BYTES,
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
    if DefaultRecordBatchBuilder.estimate_size_in_bytes(key, row.payload, headers) > limit_bytes(row.topic):
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


async def stop_within(part: AIOKafkaProducer | AIOKafkaConsumer, limit_s: float) -> None:
    """Stops an aiokafka object, whose own stop() may hang or fail while the broker is away.

    In a task of its own: a consumer's stop() has been seen to raise CancelledError although nobody cancelled it.
    """
    if await _ends(part.stop(), limit_s):
        return
    log.warning("stop_failed", part=type(part).__name__)
    client: object = getattr(part, "client", None) or getattr(part, "_client", None)
    close: Callable[[], Coroutine[Any, Any, None]] | None = getattr(client, "close", None)
    if close is not None:
        await _ends(close(), limit_s)


async def _ends(work: Coroutine[Any, Any, None], limit_s: float) -> bool:
    """Whether the work came to a good end in time."""
    task = asyncio.create_task(work)
    await asyncio.wait([task], timeout=limit_s)
    if not task.done():
        task.cancel()
        return False
    return not task.cancelled() and task.exception() is None
