"""The table `changes`: what a transaction touched, for whoever watches. Rows are written by the outbox's append."""

from collections.abc import Sequence

from shared.storage.db import Connection, Pool, Record
from shared.unit.statements import SQL


async def last_change(pool: Pool) -> int:
    """The highest number given so far, 0 before the first."""
    return int(await pool.fetchval(SQL["last_change"]))


async def changes_after(pool: Pool, seq: int, missing: Sequence[int]) -> list[Record]:
    """seq, topic and key of later changes, and of those numbers that were not there when their neighbours were."""
    return await pool.fetch(SQL["changes_after"], seq, missing)


async def delete_old(connection: Connection) -> None:
    """Nobody comes back after a day and expects to be told what changed."""
    await connection.execute(SQL["delete_old_changes"], timeout=60)
