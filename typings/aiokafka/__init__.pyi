# The part of aiokafka 0.14 that we use; it ships no types.
from collections.abc import Awaitable, Collection, Iterable, Mapping, Sequence
from ssl import SSLContext
from typing import Any, NamedTuple

class TopicPartition(NamedTuple):
    topic: str
    partition: int

class OffsetAndTimestamp(NamedTuple):
    offset: int
    timestamp: int | None

class RecordMetadata(NamedTuple):
    topic: str
    partition: int
    topic_partition: TopicPartition
    offset: int

class ConsumerRecord:
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    def __init__(
        self,
        topic: str,
        partition: int,
        offset: int,
        timestamp: int,
        timestamp_type: int,
        key: bytes | None,
        value: bytes | None,
        checksum: int | None,
        serialized_key_size: int,
        serialized_value_size: int,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> None: ...

class ConsumerRebalanceListener:
    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> Awaitable[None] | None: ...
    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> Awaitable[None] | None: ...

class Cluster:
    def leader_for_partition(self, partition: TopicPartition) -> int | None: ...

class AIOKafkaClient:
    cluster: Cluster
    async def send(self, node_id: int | None, request: Any) -> Any: ...

class BatchBuilder:
    _builder: Any
    def append(
        self,
        *,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> object: ...

class AIOKafkaProducer:
    def create_batch(self) -> BatchBuilder: ...
    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> Awaitable[RecordMetadata]: ...
    def __init__(
        self,
        *,
        bootstrap_servers: str | list[str] = ...,
        security_protocol: str = ...,
        sasl_mechanism: str = ...,
        sasl_plain_username: str = ...,
        sasl_plain_password: str = ...,
        ssl_context: SSLContext = ...,
        client_id: str | None = ...,
        acks: int | str = ...,
        enable_idempotence: bool = ...,
        linger_ms: int = ...,
        max_batch_size: int = ...,
        max_request_size: int = ...,
        request_timeout_ms: int = ...,
        retry_backoff_ms: int = ...,
    ) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def flush(self) -> None: ...
    async def send(
        self,
        topic: str,
        value: bytes | None = ...,
        key: bytes | None = ...,
        partition: int | None = ...,
        timestamp_ms: int | None = ...,
        headers: Sequence[tuple[str, bytes | None]] | None = ...,
    ) -> Awaitable[RecordMetadata]: ...
    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None = ...,
        key: bytes | None = ...,
        partition: int | None = ...,
        timestamp_ms: int | None = ...,
        headers: Sequence[tuple[str, bytes | None]] | None = ...,
    ) -> RecordMetadata: ...

class AIOKafkaConsumer:
    _client: AIOKafkaClient
    def __init__(
        self,
        *topics: str,
        bootstrap_servers: str | list[str] = ...,
        security_protocol: str = ...,
        sasl_mechanism: str = ...,
        sasl_plain_username: str = ...,
        sasl_plain_password: str = ...,
        ssl_context: SSLContext = ...,
        client_id: str = ...,
        group_id: str | None = ...,
        group_instance_id: str | None = ...,
        enable_auto_commit: bool = ...,
        auto_offset_reset: str = ...,
        max_poll_records: int | None = ...,
        max_poll_interval_ms: int = ...,
        session_timeout_ms: int = ...,
        heartbeat_interval_ms: int = ...,
        request_timeout_ms: int = ...,
        retry_backoff_ms: int = ...,
        fetch_max_wait_ms: int = ...,
        fetch_min_bytes: int = ...,
        max_partition_fetch_bytes: int = ...,
        metadata_max_age_ms: int = ...,
        partition_assignment_strategy: Sequence[Any] = ...,
    ) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: int = ..., max_records: int | None = ...
    ) -> dict[TopicPartition, list[ConsumerRecord]]: ...
    async def getone(self, *partitions: TopicPartition) -> ConsumerRecord: ...
    async def commit(self, offsets: Mapping[TopicPartition, int] | None = ...) -> None: ...
    async def committed(self, partition: TopicPartition) -> int | None: ...
    async def position(self, partition: TopicPartition) -> int: ...
    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]: ...
    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]: ...
    async def seek_to_beginning(self, *partitions: TopicPartition) -> None: ...
    async def seek_to_end(self, *partitions: TopicPartition) -> None: ...
    def highwater(self, partition: TopicPartition) -> int | None: ...
    def seek(self, partition: TopicPartition, offset: int) -> None: ...
    def pause(self, *partitions: TopicPartition) -> None: ...
    def assign(self, partitions: Iterable[TopicPartition]) -> None: ...
    def assignment(self) -> frozenset[TopicPartition]: ...
    def subscribe(
        self, topics: Iterable[str] = ..., pattern: str | None = ..., listener: ConsumerRebalanceListener | None = ...
    ) -> None: ...
    def partitions_for_topic(self, topic: str) -> set[int] | None: ...
