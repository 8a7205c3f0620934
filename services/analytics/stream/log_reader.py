"""Reads both topics from offsets that the caller holds. It never asks Kafka where it stood, and never jumps."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from services.analytics.stream.batch import Polled
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.connection import connection
from shared.kafka.patience import Patience, stop_within
from shared.kafka.reader import Polled as Records
from shared.kafka.reader import events_behind
from shared.kafka.topics import partitions_of
from shared.kafka.unreadable import poll_carefully
from shared.settings import Settings

TOPICS = (TICKETING_EVENTS, PAYMENTS_EVENTS)
_START_LIMIT_S = 30.0
_CALL_LIMIT_S = 10.0
# Whoever has fallen behind counts so many at once: a transaction, its locks and its commit cost the same for fewer.
_MOST_POLLED = 5000

Offsets: TypeAlias = dict[tuple[str, int], int]


class PartitionShare(NamedTuple):
    """Which part of the partitions a worker reads: every `step`th one, beginning with `first`."""

    first: int
    step: int


EVERYTHING = PartitionShare(0, 1)


class LogReader:
    """The life of one aiokafka consumer with a fixed assignment; positions are the caller's to say."""

    def __init__(
        self, settings: Settings, share: PartitionShare = EVERYTHING, patience: Patience | None = None
    ) -> None:
        self._prefix = settings.topic_prefix
        self._address = settings.kafka_bootstrap
        self._share = share
        self._patience = patience or Patience()
        self._every: list[TopicPartition] = []
        # Without a default to reset to, a lost offset raises OffsetOutOfRangeError instead of skipping events.
        self._kafka = AIOKafkaConsumer(
            **connection(settings.kafka_bootstrap),
            enable_auto_commit=False,
            auto_offset_reset="none",
            request_timeout_ms=10_000,
        )

    async def start(self) -> None:
        """Connects and takes its partitions."""
        async with self._patience.wait(_START_LIMIT_S):
            await self._kafka.start()
            self._every = await partitions_of(self._address, [self._prefix + topic.name for topic in TOPICS])
            found = [one for one in self._every if one.partition % self._share.step == self._share.first]
            self._kafka.assign(found)

    def partitions(self) -> list[tuple[str, int]]:
        """Topic and number of each."""
        return [(topic, number) for topic, number in sorted(self._kafka.assignment())]

    def seek(self, offsets: Mapping[tuple[str, int], int]) -> None:
        for (topic, number), offset in offsets.items():
            self._kafka.seek(TopicPartition(topic, number), offset)

    async def poll(self, *, carefully: bool = False) -> Records:
        """What came within half a second, in order within each partition."""
        async with self._patience.wait(_CALL_LIMIT_S):
            if carefully:
                return await poll_carefully(self._kafka)
            return await self._kafka.getmany(timeout_ms=500, max_records=_MOST_POLLED)

    async def behind(self) -> Mapping[str, int]:
        async with self._patience.wait(_CALL_LIMIT_S):
            return await events_behind(self._kafka)

    async def ends(self) -> Offsets:
        """Where the log ends now, by partition, also those of other workers."""
        async with self._patience.wait(_CALL_LIMIT_S):
            ends = await self._kafka.end_offsets(self._every)
        return {(partition.topic, partition.partition): end for partition, end in ends.items()}

    def read(self, records: Records) -> Polled:
        """What was polled, and how our topics are called there."""
        return Polled(records, self._prefix)

    async def stop(self) -> None:
        await stop_within(self._kafka, self._patience.closing_s)


async def cluster_id(address: str) -> str:
    """The identity of the Kafka cluster, which is another one after its data was lost."""
    admin = AIOKafkaAdminClient(**connection(address), request_timeout_ms=10_000)
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()
