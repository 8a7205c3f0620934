"""What the views read of the rollups, as rows. Callers hold the tables in one snapshot."""

from datetime import date, datetime
from pathlib import Path

from shared.storage.db import Connection, Record
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def taken_by_venue(connection: Connection, begin: date, end: date, scope: str) -> list[Record]:
    """A row for every venue of the scope, also one that took nothing on [begin, end); the largest taking first."""
    return await connection.fetch(SQL["taken_by_venue"], begin, end, scope)


async def refunded_vnd(connection: Connection, begin: datetime, end: datetime, scope: str) -> int:
    """Đồng that went back to payers on [begin, end)."""
    return int(await connection.fetchval(SQL["refunded"], begin, end, scope))


async def freshness(connection: Connection) -> Record:
    """newest_at of all events, and a worker's last look with what it had not read by then."""
    row = await connection.fetchrow(SQL["freshness"])
    assert row is not None
    return row
