"""The table `put_aside`: messages that could not be handled, each with its reason, until somebody has settled it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.storage.db import Connection, Pool, Record
from shared.unit.statements import SQL

Settled = Literal["replayed", "decided", "rebuilt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message as it came and why it was put aside; fields are named as the columns of `put_aside`.

    The raw message (key, headers, payload) is None after 90 days, or where it could not be kept.
    """

    topic: str
    partition: int
    log_offset: int
    content: bytes
    at: datetime
    ce_id: str
    type: str
    reason: str
    detail: str
    last_digits: str | None = None
    amount_vnd: int | None = None
    key: bytes | None = None
    headers: Mapping[str, str] | None = None
    payload: bytes | None = None
    settled_at: datetime | None = None
    settled_how: Settled | None = None
    settled_why: str | None = None

    @property
    def place(self) -> str:
        return f"{self.topic}/{self.partition}/{self.log_offset}"


async def insert(connection: Connection, letters: Sequence[DeadLetter]) -> list[str]:
    """The reasons of those that were not there yet."""
    rows = await connection.fetch(
        SQL["put_aside"],
        [letter.topic for letter in letters],
        [letter.partition for letter in letters],
        [letter.log_offset for letter in letters],
        [letter.content for letter in letters],
        [letter.at for letter in letters],
        [letter.ce_id for letter in letters],
        [letter.type for letter in letters],
        [letter.reason for letter in letters],
        [letter.detail for letter in letters],
        [letter.last_digits for letter in letters],
        [letter.amount_vnd for letter in letters],
        [letter.key for letter in letters],
        [None if letter.headers is None else json.dumps(dict(letter.headers)) for letter in letters],
        [letter.payload for letter in letters],
    )
    return [row["reason"] for row in rows]


async def newest(pool: Pool, limit: int, *, also_settled: bool = False) -> list[DeadLetter]:
    return [_letter(row) for row in await pool.fetch(SQL["newest_put_aside"], limit, also_settled)]


async def find(pool: Pool, name: str) -> list[DeadLetter]:
    """Those called so: by the event's identifier, or by their place as `topic/partition/offset`."""
    topic, partition, offset = _place(name)
    return [_letter(row) for row in await pool.fetch(SQL["find_put_aside"], name, topic, partition, offset)]


async def settle(connection: Connection, letter: DeadLetter, now: datetime, how: Settled, why: str = "") -> bool:
    """False if it was settled before."""
    key = (letter.topic, letter.partition, letter.log_offset, letter.content)
    return bool(await connection.fetchval(SQL["settle_put_aside"], *key, now, how, why))


async def count_open(pool: Pool) -> dict[str, int]:
    """How many wait for somebody, by reason."""
    return {row["reason"]: row["letters"] for row in await pool.fetch(SQL["count_put_aside"])}


async def forget_old(connection: Connection) -> None:
    """Raw messages of more than 90 days ago."""
    await connection.execute(SQL["forget_old_put_aside"], timeout=60)


def _place(name: str) -> tuple[str, int, int]:
    topic, partition, offset = ["", "", *name.split("/")][-3:]
    if partition.isdecimal() and offset.isdecimal() and len(partition) < 10 and len(offset) < 19:
        return topic, int(partition), int(offset)
    return "", -1, -1


def _letter(row: Record) -> DeadLetter:
    fields = dict(row)
    headers = fields.pop("headers")
    return DeadLetter(**fields, headers=None if headers is None else json.loads(headers))
