"""The SQL of analytics as typed functions. No rule stands here but the compare in `advance_offsets`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from services.analytics.stream.batch import Advance, DeadLetter
from services.analytics.stream.deltas import Cell, Deltas, MinuteKey, changed
from services.analytics.stream.facts import Entry, Payment, Refund, Venue
from shared.passes import revocations
from shared.storage.db import Connection
from shared.storage.sql import load
from shared.unit import outbox

SQL = load(Path(__file__).parent / "sql")
LIVE_TOPIC = "province"
LIVE_KEY = "all"


class Fenced(Exception):
    """Somebody else moved an offset: this transaction must leave no trace, and its worker reads the offsets anew."""


async def advance_offsets(connection: Connection, advances: Sequence[Advance]) -> None:
    """Compares and sets; raises Fenced unless every partition stood where the batch began."""
    moved = await connection.fetch(SQL["advance_offsets"], *_columns(advances, 5))
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
    await connection.execute(SQL["update_venues"], *_columns(venues, 8))


async def taken_minutes_of_venue(connection: Connection, venue_id: str, kind: str) -> dict[MinuteKey, Cell]:
    """What a venue took, by minute cell under its present kind."""
    rows = await connection.fetch(SQL["taken_minutes_of_venue"], venue_id)
    return {
        (
            row["minute"],
            row["old_district_code"],
            row["new_commune_code"],
            kind,
            row["tender"],
            row["partition"],
        ): Cell(row["payments"], row["amount_vnd"])
        for row in rows
    }


async def insert_payments(connection: Connection, payments: Sequence[Payment]) -> set[UUID]:
    """Which of them were new; the others are left as they are."""
    rows = await connection.fetch(SQL["insert_payments"], *_columns(payments, 12))
    return {row["payment_id"] for row in rows}


async def lock_payments(connection: Connection, payment_ids: Collection[UUID]) -> list[Payment]:
    rows = await connection.fetch(SQL["lock_payments"], sorted(payment_ids))
    return [Payment(**row, recorded_at=row["occurred_at"]) for row in rows]


async def update_payments(connection: Connection, payments: Sequence[Payment]) -> None:
    await connection.execute(SQL["update_payments"], *_columns(payments, 12))


async def insert_entries(connection: Connection, entries: Sequence[Entry]) -> set[UUID]:
    """Which of them were new; the others are left as they are."""
    rows = await connection.fetch(SQL["insert_entries"], *_columns(entries, 10))
    return {row["scan_id"] for row in rows}


async def lock_entries(connection: Connection, scan_ids: Collection[UUID]) -> list[Entry]:
    rows = await connection.fetch(SQL["lock_entries"], sorted(scan_ids))
    return [Entry(**row, recorded_at=row["occurred_at"]) for row in rows]


async def update_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    await connection.execute(SQL["update_entries"], *_columns(entries, 10))


async def insert_refunds(connection: Connection, refunds: Sequence[Refund]) -> None:
    await connection.execute(SQL["insert_refunds"], *_columns(refunds, 5))


async def merge_rollups(connection: Connection, deltas: Deltas) -> dict[str, int]:
    """Writes all four rollups; how many rows of each changed."""
    statements = {
        "minute_taken": (SQL["merge_minutes"], _delta_rows(changed(deltas.minutes)), 9),
        "hour_taken": (SQL["merge_hours"], _delta_rows(changed(deltas.hours)), 7),
        "day_taken": (SQL["merge_days"], _delta_rows(changed(deltas.days)), 7),
        "day_entered": (SQL["merge_entry_days"], _delta_rows(changed(deltas.entry_days)), 6),
    }
    for statement, rows, width in statements.values():
        if rows:
            await connection.execute(statement, *_transpose(rows, width))
    return {table: len(rows) for table, (_, rows, _) in statements.items()}


async def append_dead_letters(connection: Connection, letters: Sequence[DeadLetter]) -> None:
    await connection.execute(SQL["append_dead_letters"], *_columns(letters, 10))


async def list_dead_letters(connection: Connection, limit: int) -> list[DeadLetter]:
    return [DeadLetter(**row) for row in await connection.fetch(SQL["list_dead_letters"], limit)]


async def lock_offset(connection: Connection, topic: str, partition: int) -> None:
    """Holds off every worker of a partition until the commit."""
    await connection.execute(SQL["lock_offset"], topic, partition)


async def delete_dead_letter(connection: Connection, letter: DeadLetter) -> None:
    await connection.execute(SQL["delete_dead_letter"], letter.topic, letter.partition, letter.log_offset)


async def revoke(connection: Connection, subject_ids: Iterable[UUID]) -> None:
    for subject_id in sorted(subject_ids):
        await revocations.revoke(connection, subject_id)


async def append_change(connection: Connection) -> None:
    """Tells open pages, after the commit, that the numbers moved."""
    await outbox.append(connection, [], [(LIVE_TOPIC, LIVE_KEY)])


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


Row = TypeVar("Row", Advance, Payment, Entry, Refund, Venue, DeadLetter)


def _columns(rows: Sequence[Row], width: int) -> list[list[object]]:
    """The first `width` fields as columns for unnest. `astuple` would copy every value deeply, at half the speed."""
    if not rows:
        return [[] for _ in range(width)]
    return [[getattr(row, field.name) for row in rows] for field in fields(rows[0])[:width]]


def _delta_rows(cells: Iterable[tuple[tuple[object, ...], Cell]]) -> list[tuple[object, ...]]:
    return [(*key, cell.count, cell.amount, cell.revised_at) for key, cell in cells]


def _transpose(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    """Rows as columns for unnest, the first `width` of them."""
    return [[row[place] for row in rows] for place in range(width)]
