"""How far a consumer group is, as Kafka knows it: the whole group, whichever processes its members are."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from shared.kafka import stop_within
from shared.log import Log
from shared.settings import Settings
from shared.topics import Topic

log = Log(__name__)
_LIMIT_S = 5.0
_STOP_LIMIT_S = 2.0


class GroupProgress:
    """Asks what a service's group has committed. It is no member: it reads nothing and moves nobody's partitions."""

    def __init__(self, settings: Settings, topics: Sequence[Topic]) -> None:
        self._settings = settings
        self._partitions = [
            TopicPartition(settings.topic_prefix + topic.name, number)
            for topic in topics
            for number in range(topic.partitions)
        ]
        self._kafka: AIOKafkaConsumer | None = None

    async def is_caught_up(self) -> bool:
        """Whether the group has handled all that Kafka holds of the topics; False as well when Kafka does not say."""
        try:
            async with asyncio.timeout(_LIMIT_S):
                return await self._unread() == 0
        except (KafkaError, OSError) as error:
            log.warning("group_progress_unknown", error=type(error).__name__)
            await self.close()
            return False

    async def close(self) -> None:
        if self._kafka is not None:
            kafka, self._kafka = self._kafka, None
            await stop_within(kafka, _STOP_LIMIT_S)

    async def _unread(self) -> int:
        kafka = self._kafka or await self._start()
        ends = await kafka.end_offsets(self._partitions)
        # Asked after the ends, so that what is committed by now may be more than they say but never seems less.
        done = await asyncio.gather(*(kafka.committed(partition) for partition in self._partitions))
        return sum(
            max(ends[partition] - (offset or 0), 0) for partition, offset in zip(self._partitions, done, strict=True)
        )

    async def _start(self) -> AIOKafkaConsumer:
        kafka = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap,
            group_id=self._settings.topic_prefix + self._settings.service,
            enable_auto_commit=False,
            request_timeout_ms=5_000,
        )
        try:
            await kafka.start()
            self._kafka = kafka
        finally:
            if self._kafka is None:
                await stop_within(kafka, _STOP_LIMIT_S)
        return kafka
