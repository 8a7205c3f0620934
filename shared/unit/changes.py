"""The table `changes`: what a transaction touched, for whoever watches. Rows are written by the outbox's append."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shared.storage.db import Connection, Pool
from shared.unit.cleaning import delete_in_turns
from shared.unit.statements import SQL

Watched: TypeAlias = tuple[str, str]
"""(topic, key) of something that changes."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state for whoever watches, as JSON, and its version; of two states of one key the higher version is newer.

    It stands in a table that all of a service's processes read: no secret, no account and no link belongs into it.
    """

    version: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """snapshot: None if the change does not say what it led to."""

    seq: int
    watched: Watched
    snapshot: Snapshot | None


async def last_change(pool: Pool) -> int:
    """The highest number given so far, 0 before the first."""
    return int(await pool.fetchval(SQL["last_change"]))


async def changes_after(pool: Pool, seq: int, missing: Sequence[int]) -> list[Change]:
    """Later changes, and those of the numbers that were not there when their neighbours were."""
    return [
        Change(number, (topic, key), None if state is None else Snapshot(version, state))
        for number, topic, key, version, state in await pool.fetch(SQL["changes_after"], seq, missing)
    ]


async def delete_old(connection: Connection) -> None:
    """Nobody comes back after a day and expects to be told what changed."""
    await delete_in_turns(connection, SQL["delete_old_changes"])
