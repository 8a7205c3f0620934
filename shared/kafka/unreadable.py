"""Polling for when a poll raises: record by record, past what aiokafka cannot decode.

A header's name that is no UTF-8, or a batch packed in a way that we do not know, makes `getmany` raise, and by then it
has moved past good records that it never returned. So a new source asks for one at a time, where an error can only mean
the very next record; the rest of its batch, which one sender made, is passed over and told by its places.
"""

import asyncio
import gzip
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.memory_records import MemoryRecords

from shared.kafka.message import Unreadable
from shared.observe.log import Log

log = Log(__name__)
_ROUNDS = 10
_MOST = 100
_REST_S = 0.05
_WAIT_MS, _LEAST_BYTES, _MOST_BYTES = 500, 1, 50 * 2**20


def is_unreadable(error: Exception) -> bool:
    """Whether a poll raised this for the bytes it got, and not for the way to the broker."""
    if isinstance(error, (CorruptRecordException, UnsupportedCodecError, gzip.BadGzipFile)):
        return True
    return not isinstance(error, (KafkaError, OSError, TimeoutError))


async def poll_carefully(kafka: AIOKafkaConsumer) -> dict[TopicPartition, Sequence[ConsumerRecord]]:
    """What a poll returns, with an Unreadable in each place of a batch that cannot be decoded; within half a second."""
    for _ in range(_ROUNDS):
        polled = {partition: await _take(kafka, partition) for partition in sorted(kafka.assignment())}
        if any(polled.values()):
            return {partition: records for partition, records in polled.items() if records}
        await asyncio.sleep(_REST_S)
    return {}


async def _take(kafka: AIOKafkaConsumer, partition: TopicPartition) -> list[ConsumerRecord]:
    """Some of what has been fetched of a partition. If a later one raises, a new source begins where this one did."""
    taken: list[ConsumerRecord] = []
    while len(taken) < _MOST:
        try:
            one = await kafka.getmany(partition, timeout_ms=0, max_records=1)
        except Exception as error:
            if not is_unreadable(error):
                raise
            return [*taken, *await _pass_over(kafka, partition, error)]
        if not one:
            break
        taken += one[partition]
    return taken


async def _pass_over(kafka: AIOKafkaConsumer, partition: TopicPartition, error: Exception) -> list[Unreadable]:
    start = await kafka.position(partition)
    end = await _end_of_batch(kafka, partition, start)
    log.error(
        "unreadable",
        topic=partition.topic,
        partition=partition.partition,
        offset=start,
        end=end,
        error=repr(error)[:200],
    )
    kafka.seek(partition, end)
    return [Unreadable.at(partition, offset) for offset in range(start, end)]


async def _end_of_batch(kafka: AIOKafkaConsumer, partition: TopicPartition, offset: int) -> int:
    """The offset behind the batch that holds one; a batch tells that without being decoded."""
    client = kafka._client  # noqa: SLF001 - aiokafka has no other way to ask for bytes
    node = client.cluster.leader_for_partition(partition)
    asked = [(partition.topic, [(partition.partition, offset, _MOST_BYTES)])]
    answer = await client.send(node, FetchRequest(_WAIT_MS, _LEAST_BYTES, _MOST_BYTES, 0, asked, rack_id=""))
    for _, partitions in answer.topics:
        for _, _, _, *rest in partitions:
            batches = MemoryRecords(rest[-1] or b"")
            while batches.has_next():
                batch = batches.next_batch()
                if batch is not None and batch.next_offset > offset:
                    return int(batch.next_offset)
    return offset + 1
