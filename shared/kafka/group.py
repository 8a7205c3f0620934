"""A source that shares a topic with the other processes of its service; Kafka keeps how far the group is."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from shared.kafka.connection import connection
from shared.kafka.leaving import leave_group
from shared.kafka.patience import Patience, stop_within
from shared.kafka.reader import Polled, Silent, events_behind
from shared.kafka.unreadable import poll_carefully
from shared.observe.log import Log
from shared.settings import Settings

log = Log(__name__)
_BATCH = 500
_START_LIMIT_S = 30.0
_CALL_LIMIT_S = 10.0
_UNASSIGNED_S = 60.0  # longer than a rebalance that waits for a dead member's session
_COMMIT_EVERY_S = 0.5  # whatever is read again after a crash, the inbox knows it

# How far each partition is worked off: the next offset to read.
Done = dict[TopicPartition, int]


@asynccontextmanager
async def open_group(settings: Settings, topic: str, done: Done, patience: Patience) -> AsyncGenerator["Group"]:
    """A member of the service's group. Whoever works writes into `done`; Kafka is told of it now and then.

    It has a name of its own, by which one that was killed and starts again takes over what it had at once, and nobody
    else is disturbed. One that ends in good order leaves, so that the others need not wait for its session's end.
    """
    group_id, name = settings.topic_prefix + settings.service, f"{settings.instance}.{topic}"
    kafka = AIOKafkaConsumer(
        settings.topic_prefix + topic,
        **connection(settings.kafka_bootstrap),
        group_id=group_id,
        group_instance_id=name,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_interval_ms=300_000,
        session_timeout_ms=30_000,
        heartbeat_interval_ms=1_000,  # so soon a member hears that another came or left
        request_timeout_ms=10_000,
    )
    done.clear()
    group = Group(kafka, done, patience)
    try:
        async with patience.wait(_START_LIMIT_S):
            await kafka.start()
        yield group
        await group.commit()
    finally:
        is_stopped = await stop_within(kafka, patience.closing_s)
        if is_stopped and patience.is_over:
            await leave_group(settings.kafka_bootstrap, group_id, name)


class Group:
    """The life of one aiokafka consumer that is a member of a group."""

    def __init__(self, kafka: AIOKafkaConsumer, done: Done, patience: Patience) -> None:
        self._kafka = kafka
        self._done = done
        self._patience = patience
        self._assigned_at = self._committed_at = time.monotonic()

    async def poll(self, *, carefully: bool) -> Polled:
        if time.monotonic() - self._committed_at > _COMMIT_EVERY_S:
            await self.commit()
        async with self._patience.wait(_CALL_LIMIT_S):
            if carefully:
                polled: Polled = await poll_carefully(self._kafka)
            else:
                polled = await self._kafka.getmany(timeout_ms=500, max_records=_BATCH)
        now = time.monotonic()
        self._assigned_at = now if self._kafka.assignment() else self._assigned_at
        if now - min(self._assigned_at, self._committed_at) > _UNASSIGNED_S:
            raise Silent
        return polled

    async def behind(self) -> Mapping[str, int]:
        async with self._patience.wait(_CALL_LIMIT_S):
            try:
                return await events_behind(self._kafka)
            except IllegalStateError:
                # A partition went to another member meanwhile; the next look knows those that stay.
                return {}

    async def commit(self) -> None:
        """Tells Kafka how far each partition came, or puts it off."""
        # After a rebalance some partitions may be another's; it will find their events handled.
        for lost in self._done.keys() - self._kafka.assignment():
            del self._done[lost]
        now = time.monotonic()
        if self._done:
            try:
                async with self._patience.wait(_CALL_LIMIT_S):
                    await self._kafka.commit(dict(self._done))
            except (KafkaError, TimeoutError) as error:
                # While the group rebalances nobody may commit; a new consumer would only make it rebalance once more.
                log.info("commit_put_off", error=type(error).__name__)
                return
            self._done.clear()
        self._committed_at = now
