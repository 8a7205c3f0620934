"""Kafka's users and what each may do: as data, and the requests that make a broker hold to it.

aiokafka's own administration knows neither users nor rights, so the requests are spelled here, as Kafka's protocol
guide has them (keys 29 to 31 and 51). Their answers raise nothing: each code is looked at.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest_v1, DeleteAclsRequest, DescribeAclsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

from shared.events.topics import BANK_TRANSFERS, PAYMENTS_EVENTS, TICKETING_EVENTS, Topic
from shared.kafka.connection import as_user, connection, why_refused
from shared.settings import KAFKA_BANK, KAFKA_WATCH

_TOPIC, _GROUP, _LITERAL, _ALLOW, _ANY = 2, 3, 3, 3, 1
_READ, _WRITE = 3, 4
_SCRAM_SHA_256, _ITERATIONS = 1, 4096  # a password of 43 random letters needs no more
_NO_SUCH_USER = 91
_FOLLOWS_WITHIN_S = 20.0


class NotLetIn(Exception):
    """Kafka refuses a user whom it was told of; the text says whom."""


@dataclass(frozen=True, slots=True)
class Rights:
    """Of one user, topics by name. Both kinds let it ask what a topic is; a group is the user's own, by its name."""

    writes: Sequence[str] = ()
    reads: Sequence[str] = ()
    has_group: bool = False


def _of_service(writes: Sequence[Topic], reads: Sequence[Topic]) -> Rights:
    return Rights([one.name for one in writes], [one.name for one in reads], has_group=True)


# Nobody has a right on a pattern: that would take in Kafka's own topics, in which every group's progress lies.
RIGHTS: Mapping[str, Rights] = {
    "ticketing": _of_service([TICKETING_EVENTS], [PAYMENTS_EVENTS]),
    # What a bank's webhook tells goes onto the bank's topic by payments too.
    "payments": _of_service([PAYMENTS_EVENTS, BANK_TRANSFERS], [TICKETING_EVENTS, BANK_TRANSFERS]),
    "analytics": _of_service([], [TICKETING_EVENTS, PAYMENTS_EVENTS]),
    KAFKA_BANK: Rights(writes=[BANK_TRANSFERS.name]),
    KAFKA_WATCH: Rights(reads=[TICKETING_EVENTS.name, PAYMENTS_EVENTS.name, BANK_TRANSFERS.name]),
}


class Right(NamedTuple):
    """One permission, in the order in which Kafka's protocol has it."""

    kind: int
    name: str
    pattern: int
    principal: str
    host: str
    operation: int
    permission: int


def rights_of(user: str, prefix: str) -> set[Right]:
    """What the user may do with the topics and the group under this prefix."""
    rights = RIGHTS[user]
    allowed = [(_TOPIC, topic, _WRITE) for topic in rights.writes]
    allowed += [(_TOPIC, topic, _READ) for topic in rights.reads]
    allowed += [(_GROUP, user, _READ)] if rights.has_group else []
    return {
        Right(kind, prefix + name, _LITERAL, f"User:{user}", "*", operation, _ALLOW)
        for kind, name, operation in allowed
    }


Names: TypeAlias = set[tuple[int, str]]


async def ensure_users(address: str, passwords: Mapping[str, str], prefix: str = "", gone: Sequence[str] = ()) -> None:
    """Has the broker know these users by these passwords with the rights above, and those that are `gone` no more.

    `address` is the administrator's. What a user had before and needs no longer is taken away. Raises NotLetIn when
    a user is still refused after some seconds.
    """
    admin = AIOKafkaAdminClient(**connection(address))
    await admin.start()
    try:
        answers = await asyncio.gather(*(_refused(address, *one) for one in passwords.items()))
        refused = {user: passwords[user] for user, answer in zip(passwords, answers, strict=True) if answer}
        await _set_passwords(admin, refused, gone)
        wanted = {right for user in passwords for right in rights_of(user, prefix)}
        ours = {(right.kind, right.name) for user in RIGHTS for right in rights_of(user, prefix)}
        found = await _found(admin, [*passwords, *gone], ours)
        for right in found - wanted:
            await _take_away(admin, right)
        if wanted - found:
            await _grant(admin, wanted - found)
    finally:
        await admin.close()
    await asyncio.gather(*(_until_let_in(address, *one) for one in refused.items()))


async def _refused(address: str, user: str, password: str) -> str | None:
    return await why_refused(as_user(address, user, password))


async def _until_let_in(address: str, user: str, password: str) -> None:
    """The broker follows its controller some moments later, and then nobody is refused who starts at once."""
    deadline = time.monotonic() + _FOLLOWS_WITHIN_S
    while (refused := await _refused(address, user, password)) is not None:
        if time.monotonic() > deadline:
            raise NotLetIn(refused)
        await asyncio.sleep(0.05)


async def _set_passwords(admin: AIOKafkaAdminClient, passwords: Mapping[str, str], gone: Sequence[str]) -> None:
    if not (passwords or gone):
        return
    answer = await _ask(
        admin, _AlterScram([(user, _SCRAM_SHA_256) for user in gone], [_salted(*one) for one in passwords.items()])
    )
    for _, code, *_ in answer.results:
        if code != _NO_SUCH_USER:
            _check(code)


def _salted(user: str, password: str) -> tuple[str, int, int, bytes, bytes]:
    """The password itself never travels."""
    salt = os.urandom(24)
    return user, _SCRAM_SHA_256, _ITERATIONS, salt, hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)


async def _found(admin: AIOKafkaAdminClient, users: Iterable[str], names: Names) -> set[Right]:
    """Rights of these users on things of these names; on others, of another prefix, nothing is said here."""
    principals = {f"User:{user}" for user in users}
    answer = await _ask(admin, DescribeAclsRequest(_ANY, None, _ANY, None, None, _ANY, _ANY))
    _check(answer.error_code)
    return {
        Right(kind, name, pattern, *one)
        for kind, name, pattern, rows in answer.resources
        for one in rows
        if (kind, name) in names and one[0] in principals
    }


async def _take_away(admin: AIOKafkaAdminClient, right: Right) -> None:
    answer = await _ask(admin, DeleteAclsRequest(*right))
    for code, *_ in answer.filter_responses:
        _check(code)


async def _grant(admin: AIOKafkaAdminClient, rights: Iterable[Right]) -> None:
    answer = await _ask(admin, _CreateAcls([tuple(right) for right in rights]))
    for code, *_ in answer.creation_responses:
        _check(code)


async def _ask(admin: AIOKafkaAdminClient, request: Request[Any]) -> Any:
    return await admin._send_request(request)  # noqa: SLF001


def _check(code: int) -> None:
    if code:
        raise for_code(code)


class _CreateAcls(Request[CreateAclsRequest_v1]):
    """aiokafka's own takes one right a request, and a journey for each takes a second in all."""

    API_KEY = 30

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._rows = rows

    def build(self, request_struct_class: type[CreateAclsRequest_v1]) -> CreateAclsRequest_v1:
        return request_struct_class(self._rows)


class _AlterScramResponse(Response):
    API_KEY, API_VERSION = 51, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterScramRequest(RequestStruct):
    FLEXIBLE_VERSION, API_KEY, API_VERSION, RESPONSE_TYPE = True, 51, 0, _AlterScramResponse
    SCHEMA = Schema(
        (
            "deletions",
            CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields)),
        ),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _AlterScram(Request[_AlterScramRequest]):
    API_KEY = 51

    def __init__(self, gone: Sequence[tuple[str, int]], salted: Sequence[tuple[str, int, int, bytes, bytes]]) -> None:
        self._gone, self._salted = gone, salted

    def build(self, request_struct_class: type[_AlterScramRequest]) -> _AlterScramRequest:
        return request_struct_class([(*one, {}) for one in self._gone], [(*one, {}) for one in self._salted], {})
