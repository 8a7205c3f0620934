"""The SQL of analytics as typed functions. No rule stands here but the compare in `advance_offsets`."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from services.analytics.stream.batch import Advance
from services.analytics.stream.deltas import DayKey, Deltas, EntryDayKey, HourKey, MinuteKey, Taken, changed
from services.analytics.stream.facts import Entry, Payment, Refund, Venue
from shared.passes import revocations
from shared.storage.db import Connection
from shared.storage.sql import load
from shared.unit import outbox

SQL = load(Path(__file__).parent / "sql")
LIVE_TOPIC = "province"
LIVE_KEY = "all"
_GIVEN = re.compile(r"unnest\([^)]*\)\s+AS \w+ \(([^)]+)\)")


Key: TypeAlias = MinuteKey | HourKey | DayKey | EntryDayKey


class Fenced(Exception):
    """Somebody else moved an offset: this transaction must leave no trace, and its worker reads the offsets anew."""


async def advance_offsets(connection: Connection, advances: Sequence[Advance]) -> None:
    """Compares and sets; raises Fenced unless every partition stood where the batch began."""
    statement = SQL["advance_offsets"]
    moved = await connection.fetch(statement, *_columns(statement, advances))
    if len(moved) != len(advances):
        raise Fenced


async def hold_tables(connection: Connection) -> None:
    """Keeps a rebuild from swapping the tables until the commit; for whoever reads several, before the first."""
    await connection.execute(SQL["hold_tables"])


async def lock_venues(
    connection: Connection, venue_ids: Collection[str], *, to_change: bool
) -> dict[str, tuple[int, str]]:
    """Version and kind by venue, held until the commit; venues nobody told us of are made unknown ones."""
    wanted = sorted(venue_ids)
    await connection.execute(SQL["add_unknown_venues"], wanted)
    rows = await connection.fetch(SQL["lock_venues" if to_change else "share_venues"], wanted)
    return {row["venue_id"]: (row["version"], row["kind"]) for row in rows}


async def update_venues(connection: Connection, venues: Sequence[Venue]) -> None:
    statement = SQL["update_venues"]
    await connection.execute(statement, *_columns(statement, venues))


async def taken_minutes_of_venue(connection: Connection, venue_id: str, kind: str) -> dict[MinuteKey, Taken]:
    """What a venue took, by minute cell under its present kind."""
    rows = await connection.fetch(SQL["taken_minutes_of_venue"], venue_id)
    return {
        MinuteKey(
            minute=row["minute"],
            old_district_code=row["old_district_code"],
            new_commune_code=row["new_commune_code"],
            kind=kind,
            tender=row["tender"],
            partition=row["partition"],
        ): Taken(row["payments"], row["amount_vnd"])
        for row in rows
    }


async def insert_payments(connection: Connection, payments: Collection[Payment]) -> list[UUID]:
    """Which of them were known, and are left as they are. All lie in `told_payments` until the commit."""
    await connection.execute(SQL["make_told_payments"])
    await _copy(connection, "told_payments", Payment._fields[:-1], payments)
    return [row["payment_id"] for row in await connection.fetch(SQL["insert_payments"])]


async def lock_payments(connection: Connection, payment_ids: Collection[UUID]) -> list[Payment]:
    rows = await connection.fetch(SQL["lock_payments"], payment_ids) if payment_ids else []
    return [Payment(**row, recorded_at=row["occurred_at"]) for row in rows]


async def update_payments(connection: Connection) -> None:
    """To what was told with `insert_payments`, where that is newer."""
    await connection.execute(SQL["update_payments"])


async def insert_entries(connection: Connection, entries: Collection[Entry]) -> list[UUID]:
    """Which of them were known, and are left as they are. All lie in `told_entries` until the commit."""
    await connection.execute(SQL["make_told_entries"])
    await _copy(connection, "told_entries", Entry._fields[:-1], entries)
    return [row["scan_id"] for row in await connection.fetch(SQL["insert_entries"])]


async def lock_entries(connection: Connection, scan_ids: Collection[UUID]) -> list[Entry]:
    rows = await connection.fetch(SQL["lock_entries"], scan_ids) if scan_ids else []
    return [Entry(**row, recorded_at=row["occurred_at"]) for row in rows]


async def update_entries(connection: Connection) -> None:
    """To what was told with `insert_entries`, where that is newer."""
    await connection.execute(SQL["update_entries"])


async def _copy(
    connection: Connection, table: str, columns: Sequence[str], facts: Collection[Payment] | Collection[Entry]
) -> None:
    """By COPY: of an array asyncpg asks each value what it is. The last field of a fact has no column."""
    await connection.copy_records_to_table(table, columns=columns, records=[fact[:-1] for fact in facts])


async def insert_refunds(connection: Connection, refunds: Sequence[Refund]) -> None:
    statement = SQL["insert_refunds"]
    await connection.execute(statement, *_columns(statement, refunds))


async def merge_rollups(connection: Connection, deltas: Deltas) -> dict[str, int]:
    """Writes all four rollups; how many rows of each changed."""
    return {
        "minute_taken": await _merge(connection, SQL["merge_minutes"], changed(deltas.minutes)),
        "hour_taken": await _merge(connection, SQL["merge_hours"], changed(deltas.hours)),
        "day_taken": await _merge(connection, SQL["merge_days"], changed(deltas.days)),
        "day_entered": await _merge(connection, SQL["merge_entry_days"], changed(deltas.entry_days)),
    }


async def _merge(connection: Connection, statement: str, cells: Iterable[tuple[Key, object]]) -> int:
    """How many rows of a rollup a statement changed; of each cell a part is in its key, the rest in its change."""
    rows = list(cells)
    if rows:
        keys, changes = [key for key, _ in rows], [change for _, change in rows]
        columns = [
            [getattr(row, name) for row in (keys if name in keys[0]._fields else changes)] for name in _names(statement)
        ]
        await connection.execute(statement, *columns)
    return len(rows)


async def lock_offset(connection: Connection, topic: str, partition: int) -> None:
    """Holds off every worker of a partition until the commit."""
    await connection.execute(SQL["lock_offset"], topic, partition)


async def revoke(connection: Connection, subject_ids: Iterable[UUID]) -> None:
    for subject_id in sorted(subject_ids):
        await revocations.revoke(connection, subject_id)


async def end_passes(connection: Connection, ended: Mapping[UUID, datetime]) -> None:
    for subject_id in sorted(ended):
        await revocations.end_passes(connection, subject_id, ended[subject_id])


async def append_change(connection: Connection) -> None:
    """Tells open pages, after the commit, that the numbers moved."""
    await outbox.append(connection, [], {(LIVE_TOPIC, LIVE_KEY): None})


async def read_offsets(connection: Connection, partitions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The next offset of each partition, 0 for one never read."""
    topics = [topic for topic, _ in partitions]
    await connection.execute(SQL["add_offsets"], topics, [number for _, number in partitions])
    rows = await connection.fetch(SQL["read_offsets"], topics)
    wanted = set(partitions)
    found = {(row["topic"], row["partition"]): int(row["next_offset"]) for row in rows}
    return {key: offset for key, offset in found.items() if key in wanted}


async def claim_cluster(connection: Connection, cluster_id: str) -> str:
    """The id of the Kafka cluster that these tables came from; the first one asked for becomes it."""
    await connection.execute(SQL["claim_cluster"], cluster_id)
    return str(await connection.fetchval(SQL["find_cluster"]))


async def see_worker(connection: Connection, now: datetime, events_behind: int) -> None:
    await connection.execute(SQL["see_worker"], now, events_behind)


def _columns(statement: str, rows: Sequence[object]) -> list[list[object]]:
    """The fields that a statement's unnest names, as columns. `astuple` would copy every value, at half the speed."""
    return [[getattr(row, name) for row in rows] for name in _names(statement)]


@cache
def _names(statement: str) -> tuple[str, ...]:
    """What a statement calls the columns that it is given: `unnest($1::uuid[], $2::text[]) AS told (id, name)`."""
    found = _GIVEN.search(statement)
    assert found is not None, statement
    return tuple(found.group(1).replace(",", " ").split())
