"""How a member with a name of its own leaves its group: aiokafka lets Kafka wait for it until its session is over.

aiokafka's own request knows no names, so it is spelled here as Kafka's protocol guide has it (key 13, version 3).
"""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

from shared.kafka.connection import connection
from shared.observe.log import Log

log = Log(__name__)
_LIMIT_S = 2.0  # a process that ends has other parts to stop
# Whoever has the name: mostly us, and one that took it over meanwhile joins again within a second.
_ANY_MEMBER_ID = ""


async def leave_group(address: str, group: str, name: str) -> None:
    """Has the others take over at once what the member of this name read. It must read no more.

    By a client of its own, since that of a consumer ends with it. Is Kafka away, the session's end has to do.
    """
    admin = AIOKafkaAdminClient(**connection(address))
    try:
        async with asyncio.timeout(_LIMIT_S):
            await admin.start()
            coordinator = await admin.find_coordinator(group)
            answer = await admin._send_request(_LeaveGroup(group, name), coordinator)  # noqa: SLF001
            codes: list[int] = [answer.error_code, *(code for *_, code in answer.members)]
            for refused in filter(None, codes):
                raise for_code(refused)
    except (KafkaError, OSError) as error:
        log.info("not_left_in_time", error=type(error).__name__)
    finally:
        await admin.close()


class _LeaveGroupResponse(Response):
    API_KEY, API_VERSION = 13, 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "members",
            Array(("member_id", String("utf-8")), ("group_instance_id", String("utf-8")), ("error_code", Int16)),
        ),
    )


class _LeaveGroupRequest(RequestStruct):
    API_KEY, API_VERSION, RESPONSE_TYPE = 13, 3, _LeaveGroupResponse
    SCHEMA = Schema(
        ("group_id", String("utf-8")),
        ("members", Array(("member_id", String("utf-8")), ("group_instance_id", String("utf-8")))),
    )


class _LeaveGroup(Request[_LeaveGroupRequest]):
    API_KEY = 13

    def __init__(self, group: str, name: str) -> None:
        self._group, self._name = group, name

    def build(self, request_struct_class: type[_LeaveGroupRequest]) -> _LeaveGroupRequest:
        return request_struct_class(self._group, [(_ANY_MEMBER_ID, self._name)])
