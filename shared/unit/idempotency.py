"""Doing a request once: its key and answer are stored by the transaction that does it.

Source: IETF draft Idempotency-Key (httpapi-idempotency-key-header-07); keys are kept for seven days.
"""

import hashlib
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from shared.errors import DomainError
from shared.storage.db import Connection
from shared.unit.statements import SQL

R = TypeVar("R")


class IdempotencyConflict(DomainError):
    """The key was used before for a different request."""

    code, status = "idempotency_conflict", 422


class IdempotencyMissing(DomainError):
    """A request that changes something came without a key."""

    code, status = "idempotency_missing", 400


@dataclass(frozen=True, slots=True)
class Key:
    """Names one request: the caller's key, and a hash of method, path, body and who they are.

    callerless: the same without the caller, as it was stored before callers were told apart; kept a week.
    """

    value: str
    fingerprint: bytes
    callerless: bytes

    @staticmethod
    def of(value: str, method: str, path: str, body: bytes, caller: str = "") -> "Key":
        """caller: whose pass it came with; "" without one, where the key itself must be a secret."""
        parts = (method.encode(), path.encode(), body)
        callerless = hashlib.sha256(b"\n".join(parts)).digest()
        fingerprint = hashlib.sha256(callerless + caller.encode()).digest() if caller else callerless
        return Key(value, fingerprint, callerless)


@dataclass(frozen=True, slots=True)
class Once(Generic[R]):
    """A request's key and the type of its answer, a dataclass or Struct that msgspec can write and read."""

    key: Key
    answer: type[R]


async def claim(connection: Connection, once: Once[R]) -> R | None:
    """None if the request is to be done now, else the answer it was given before; waits for one under way."""
    if await connection.fetchval(SQL["claim_idempotency"], once.key.value, once.key.fingerprint):
        return None
    row = await connection.fetchrow(SQL["find_idempotency"], once.key.value)
    known = (once.key.fingerprint, once.key.callerless)
    if row is None or row["response"] is None or row["fingerprint"] not in known:
        raise IdempotencyConflict
    return msgspec.json.decode(row["response"], type=once.answer)


async def keep(connection: Connection, once: Once[R], answer: R) -> None:
    await connection.execute(SQL["keep_idempotency"], once.key.value, msgspec.json.encode(answer))


async def delete_old(connection: Connection) -> None:
    """Answers that were given a week ago."""
    await connection.execute(SQL["delete_old_idempotency"], timeout=60)
