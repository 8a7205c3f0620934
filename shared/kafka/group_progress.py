"""How far a consumer group is, as Kafka knows it: the whole group, whichever processes its members are."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.clock import Clock
from shared.events.topics import Topic
from shared.kafka.connection import connection
from shared.kafka.patience import stop_within
from shared.kafka.topics import partitions_of
from shared.observe.log import Log
from shared.settings import Settings

log = Log(__name__)
_LIMIT_S = 5.0
_STOP_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where the log ended at an instant."""

    at: datetime
    ends: Mapping[TopicPartition, int]


class GroupProgress:
    """Asks what a service's group has committed. It is no member: it reads nothing and moves nobody's partitions."""

    def __init__(self, settings: Settings, topics: Sequence[Topic], clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._topics = [settings.topic_prefix + topic.name for topic in topics]
        self._partitions: list[TopicPartition] = []
        self._kafka: AIOKafkaConsumer | None = None
        self._mark: _Mark | None = None
        self._handled_until: datetime | None = None

    async def handled_until(self) -> datetime | None:
        """An instant up to which everything in the topics has been handled; None as long as none is known.

        Asked again and again it moves on also under a load that never lets the group be wholly caught up.
        """
        try:
            async with asyncio.timeout(_LIMIT_S):
                await self._look()
        except (KafkaError, OSError) as error:
            log.warning("group_progress_unknown", error=type(error).__name__)
            await self.close()
        return self._handled_until

    async def close(self) -> None:
        # Another log may be there afterwards, whose offsets say nothing about this one's.
        self._mark = None
        if self._kafka is not None:
            kafka, self._kafka = self._kafka, None
            await stop_within(kafka, _STOP_LIMIT_S)

    async def _look(self) -> None:
        kafka = self._kafka or await self._start()
        if self._mark is None:
            now = self._clock()
            self._mark = _Mark(now, await kafka.end_offsets(self._partitions))
        committed = await asyncio.gather(*(kafka.committed(partition) for partition in self._partitions))
        done = zip(self._partitions, committed, strict=True)
        if all((offset or 0) >= self._mark.ends[partition] for partition, offset in done):
            self._handled_until, self._mark = self._mark.at, None

    async def _start(self) -> AIOKafkaConsumer:
        kafka = AIOKafkaConsumer(
            **connection(self._settings.kafka_bootstrap),
            group_id=self._settings.topic_prefix + self._settings.service,
            enable_auto_commit=False,
            request_timeout_ms=5_000,
        )
        try:
            self._partitions = await partitions_of(self._settings.kafka_bootstrap, self._topics)
            await kafka.start()
            self._kafka = kafka
        finally:
            if self._kafka is None:
                await stop_within(kafka, _STOP_LIMIT_S)
        return kafka
