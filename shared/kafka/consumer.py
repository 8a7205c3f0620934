"""Reads topics and hands each message to its handler: in order within a partition, partitions side by side.

Here, and nowhere else, it is decided whether to try again or to put a message aside.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.clock import until
from shared.errors import DomainError, Poison
from shared.kafka.dead_letters import DeadLetters
from shared.kafka.message import Message
from shared.kafka.patience import Patience, stop_within
from shared.observe.health import Health
from shared.observe.log import Log
from shared.observe.metrics import CONSUMER_LAG, CONSUMERS_REPLACED
from shared.settings import Settings
from shared.storage.db import PASSES

log = Log(__name__)
_BATCH = 500
_SIDE_BY_SIDE = 8
_ATTEMPTS = 3
_START_LIMIT_S = 30.0
_CALL_LIMIT_S = 10.0
_SILENCE_S = 10.0
_UNASSIGNED_S = 60.0  # longer than a rebalance that waits for a dead member's session
_DEAD_LETTERS_A_MINUTE = 200
_COMMIT_EVERY_S = 0.5  # whatever is read again after a crash, the inbox knows it

Handle = Callable[[Message], Awaitable[None]]


class Silent(Exception):
    """The consumer got nothing although there is something to get."""


class Consumer:
    """One member of the service's consumer group. `stop` lets it finish its batch."""

    def __init__(
        self, settings: Settings, topics: Sequence[str], handle: Handle, dead_letters: DeadLetters, health: Health
    ) -> None:
        self.topics = topics
        self.handle = handle
        self._settings = settings
        self._dead_letters = dead_letters
        self._health = health
        self._stopping = asyncio.Event()
        self._done: dict[TopicPartition, int] = {}
        self._put_aside_at: deque[float] = deque(maxlen=_DEAD_LETTERS_A_MINUTE)
        self._side_by_side = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._waiting = 0
        self._patience = Patience()

    def stop(self) -> None:
        self._stopping.set()
        self._patience.end()

    async def run(self) -> None:
        """Consumes until it is stopped, through any loss of database or broker."""
        self._health.progressed()
        while not self._stopping.is_set():
            try:
                await self._consume()
            except (KafkaError, OSError, Silent) as error:
                if self._stopping.is_set():
                    log.info("stopped_before_an_answer", error=type(error).__name__)
                    return
                log.warning("consumer_replaced", error=type(error).__name__)
                CONSUMERS_REPLACED.inc()
                await until(self._stopping, seconds=1)
            if self._health.halted:
                log.error("consumer_halted", reason="too_many_dead_letters")
                await until(self._stopping)

    async def _consume(self) -> None:
        """The life of one aiokafka consumer."""
        kafka = self._make()
        self._done.clear()
        got_at = assigned_at = committed_at = time.monotonic()
        try:
            async with self._patience.wait(_START_LIMIT_S):
                await kafka.start()
            while not (self._stopping.is_set() or self._health.halted):
                async with self._patience.wait(_CALL_LIMIT_S):
                    batch = await kafka.getmany(timeout_ms=500, max_records=_BATCH)
                now = time.monotonic()
                assigned_at = now if kafka.assignment() else assigned_at
                if now - assigned_at > _UNASSIGNED_S:
                    raise Silent
                if batch:
                    await self._work_off(batch)
                    got_at = time.monotonic()
                elif now - got_at > _SILENCE_S:
                    async with self._patience.wait(_CALL_LIMIT_S):
                        await _check_silence(kafka)
                    got_at = now
                if now - committed_at > _COMMIT_EVERY_S:
                    if await self._commit(kafka):
                        committed_at = now
                    elif now - committed_at > _UNASSIGNED_S:
                        raise Silent
                async with self._patience.wait(_CALL_LIMIT_S):
                    self._health.progressed(await _lag(kafka))
            await self._commit(kafka)
        finally:
            await stop_within(kafka, self._patience.closing_s)

    def _make(self) -> AIOKafkaConsumer:
        settings = self._settings
        return AIOKafkaConsumer(
            *(settings.topic_prefix + topic for topic in self.topics),
            bootstrap_servers=settings.kafka_bootstrap,
            group_id=settings.topic_prefix + settings.service,
            group_instance_id=f"{settings.instance}.{'-'.join(self.topics)}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=300_000,
            session_timeout_ms=30_000,
            heartbeat_interval_ms=3_000,
            request_timeout_ms=10_000,
        )

    async def _work_off(self, batch: Mapping[TopicPartition, list[ConsumerRecord]]) -> None:
        async with asyncio.TaskGroup() as group:
            for partition, records in batch.items():
                group.create_task(self._in_order(partition, records))

    async def _commit(self, kafka: AIOKafkaConsumer) -> bool:
        """Tells Kafka how far each partition came; False if it must be told again."""
        # After a rebalance some partitions may be another's; it will find their events handled.
        ours = kafka.assignment()
        self._done = {partition: offset for partition, offset in self._done.items() if partition in ours}
        if self._done:
            try:
                async with self._patience.wait(_CALL_LIMIT_S):
                    await kafka.commit(self._done)
            except (KafkaError, TimeoutError) as error:
                # While the group rebalances nobody may commit; a new consumer would only make it rebalance once more.
                log.info("commit_put_off", error=type(error).__name__)
                return False
            self._done = {}
        return True

    async def _in_order(self, partition: TopicPartition, records: list[ConsumerRecord]) -> None:
        async with self._side_by_side:
            for record in records:
                if not await self._settle(Message.of(record, self._settings.topic_prefix)):
                    return
                self._done[partition] = record.offset + 1
                self._health.progressed()

    async def _settle(self, message: Message) -> bool:
        """True once the message is handled or put aside; False if we must stop before that."""
        reason: str | None = None
        attempts = passes = 0
        while not self._health.halted:
            try:
                if reason is None:
                    await self.handle(message)
                else:
                    await self._dead_letters.put(message, reason)
                return True
            except PASSES as error:
                # What time heals: the handler is asked again for as long as it takes.
                passes += 1
                log.warning("waiting_for_infrastructure", error=type(error).__name__, passes=passes)
                if not await self._wait_for_infrastructure(min(0.1 * 2**passes, 5.0)):
                    return False
                continue
            except Poison as error:
                reason = error.reason
                log.warning("poison", reason=reason, detail=error.detail)
            except DomainError as error:
                reason = error.code
            except Exception as error:
                attempts += 1
                log.error("handler_failed", type=message.ce_type, error=type(error).__name__, with_trace=True)
                if reason is not None:
                    raise
                if attempts < _ATTEMPTS:
                    await until(self._stopping, seconds=0.2 * attempts)
                    continue
                reason = "unexpected"
            self._count_dead_letter()
        return False

    def _count_dead_letter(self) -> None:
        """Halts when there are too many, so that a bad release cannot drain a topic into the dead letters."""
        now = time.monotonic()
        full = len(self._put_aside_at) == _DEAD_LETTERS_A_MINUTE
        if full and now - self._put_aside_at[0] < 60:
            self._health.halted = True
        else:
            self._put_aside_at.append(now)

    async def _wait_for_infrastructure(self, limit_s: float) -> bool:
        """False if we were told to stop meanwhile."""
        self._waiting += 1
        self._health.waiting_for_infrastructure = True
        try:
            await until(self._stopping, seconds=limit_s)
        finally:
            self._waiting -= 1
            self._health.waiting_for_infrastructure = self._waiting > 0
        return not self._stopping.is_set()


async def _check_silence(kafka: AIOKafkaConsumer) -> None:
    """Raises Silent when Kafka has events that the consumer does not get."""
    partitions = kafka.assignment()
    ends = await kafka.end_offsets(partitions) if partitions else {}
    for partition, end in ends.items():
        if end > await kafka.position(partition):
            raise Silent


async def _lag(kafka: AIOKafkaConsumer) -> int:
    """Events known to be behind what was polled; also told per topic."""
    lags: dict[str, int] = defaultdict(int)
    polled = [(partition, end) for partition in kafka.assignment() if (end := kafka.highwater(partition)) is not None]
    for partition, end in polled:
        lags[partition.topic] += max(end - await kafka.position(partition), 0)
    for topic, lag in lags.items():
        CONSUMER_LAG.labels(topic).set(lag)
    return sum(lags.values())
