"""Doing a request once: its key and answer are stored by the transaction that does it.

The key is stored as a hash and seals the answer, so who asks again with the key is answered, and who reads the database
or a dump of it learns neither. Kept for seven days.
Source: IETF draft Idempotency-Key (httpapi-idempotency-key-header-07).
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.errors import DomainError
from shared.storage.db import Connection
from shared.unit.cleaning import delete_in_turns
from shared.unit.statements import SQL

R = TypeVar("R")
# Begins what is sealed. Answers of the release before lie in clear for a week after it, and JSON begins otherwise.
_SEALED = b"\x01"
_NONCE_LENGTH = 12


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

    @property
    def stored(self) -> str:
        """As the database knows it: from a hash nobody finds 16 signs that were drawn, as those of a UUID."""
        return hashlib.sha256(self.value.encode()).hexdigest()

    @property
    def proof(self) -> bytes:
        """A hash that only this very request under this very key has: what it names may be known, the key is not."""
        return hashlib.sha256(self.value.encode() + b"\n" + self.fingerprint).digest()

    def seal(self, answer: bytes) -> bytes:
        nonce = os.urandom(_NONCE_LENGTH)
        return _SEALED + nonce + self._cipher().encrypt(nonce, answer, None)

    def unseal(self, kept: bytes) -> bytes:
        """What was sealed by this key, raising InvalidTag for another one; what was kept in clear as it is."""
        if not kept.startswith(_SEALED):
            return kept
        nonce, sealed = kept[1 : 1 + _NONCE_LENGTH], kept[1 + _NONCE_LENGTH :]
        return self._cipher().decrypt(nonce, sealed, None)

    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self.value.encode(), b"seals the answer to this request", hashlib.sha256))


@dataclass(frozen=True, slots=True)
class Once(Generic[R]):
    """A request's key and the type of its answer, a dataclass or Struct that msgspec can write and read."""

    key: Key
    answer: type[R]


async def claim(connection: Connection, once: Once[R]) -> R | None:
    """None if the request is to be done now, else the answer it was given before; waits for one under way."""
    if await connection.fetchval(SQL["claim_idempotency"], once.key.stored, once.key.fingerprint, once.key.value):
        return None
    answer = await find(connection, once)
    if answer is None:
        raise IdempotencyConflict
    return answer


async def find(connection: Connection, once: Once[R]) -> R | None:
    """The answer that the request was given before; None if it was given none. Raises IdempotencyConflict."""
    key = once.key
    row = await connection.fetchrow(SQL["find_idempotency"], [key.stored, key.value])
    if row is None:
        return None
    if row["response"] is None or row["fingerprint"] not in (key.fingerprint, key.callerless):
        raise IdempotencyConflict
    try:
        return msgspec.json.decode(key.unseal(row["response"]), type=once.answer)
    except InvalidTag as error:
        # Somebody asks by the hash of a key, which they can have from the database alone.
        raise IdempotencyConflict from error


async def kept(connection: Connection, keys: Sequence[Key]) -> set[str]:
    """Those of their forms under which something is kept."""
    forms = [form for key in keys for form in (key.stored, key.value)]
    return {row["key"] for row in await connection.fetch(SQL["known_idempotency"], forms)} if forms else set()


async def keep(connection: Connection, once: Once[R], answer: R) -> None:
    kept = once.key.seal(msgspec.json.encode(answer))
    await connection.execute(SQL["keep_idempotency"], once.key.stored, kept)


async def delete_old(connection: Connection) -> None:
    """Answers that were given a week ago."""
    await delete_in_turns(connection, SQL["delete_old_idempotency"])
