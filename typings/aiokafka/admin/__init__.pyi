from collections.abc import Sequence
from ssl import SSLContext
from typing import Any, TypedDict

from aiokafka.admin.config_resource import ConfigResource
from aiokafka.protocol.api import Request

class NewTopic:
    def __init__(
        self, name: str, num_partitions: int, replication_factor: int, *, topic_configs: dict[str, str] | None = ...
    ) -> None: ...

class CreateTopicsResponse:
    topic_errors: list[tuple[str, int, str | None]]

class DescribedPartition(TypedDict):
    error_code: int
    partition: int

class DescribedTopic(TypedDict):
    error_code: int
    topic: str
    partitions: list[DescribedPartition]

class DescribeConfigsResponse:
    # Error code, message, type, name, and of each entry: name, value, whether read-only, source, ...
    resources: list[tuple[int, str | None, int, str, list[tuple[str, str | None, bool, int, bool, list[Any]]]]]

class AlterConfigsResponse:
    resources: list[tuple[int, str | None, int, str]]

class DescribeGroupsResponse:
    # Error code, group, state, kind of protocol, protocol, and of each member: identifier, client, host, ...
    groups: list[tuple[int, str, str, str, str, list[tuple[str, str, str, bytes, bytes]]]]

class AIOKafkaAdminClient:
    def __init__(
        self,
        *,
        bootstrap_servers: str | list[str] = ...,
        security_protocol: str = ...,
        sasl_mechanism: str = ...,
        sasl_plain_username: str = ...,
        sasl_plain_password: str = ...,
        ssl_context: SSLContext = ...,
        request_timeout_ms: int = ...,
    ) -> None: ...
    async def _send_request(self, request: Request[Any], node_id: int | None = None) -> Any: ...
    async def describe_consumer_groups(self, group_ids: list[str]) -> list[DescribeGroupsResponse]: ...
    async def find_coordinator(self, group_id: str) -> int: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    async def list_topics(self) -> list[str]: ...
    async def create_topics(self, new_topics: Sequence[NewTopic]) -> CreateTopicsResponse: ...
    async def delete_topics(self, topics: list[str]) -> Any: ...
    async def describe_configs(self, config_resources: list[ConfigResource]) -> list[DescribeConfigsResponse]: ...
    async def alter_configs(self, config_resources: list[ConfigResource]) -> list[AlterConfigsResponse]: ...
    async def describe_topics(self, topics: list[str] | None = None) -> list[DescribedTopic]: ...
    async def describe_cluster(self) -> dict[str, Any]: ...
