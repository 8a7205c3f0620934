"""Scans of gate phones as rows, and what a gate phone has to know of its venue."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from services.ticketing.gate.domain.scans import Admission, Answer, FirstUse, Scan
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store.tickets import ticket_of
from shared.ids import DeviceId, ProductId, ScanId, TicketId, VenueId
from shared.storage.db import Connection, Record
from shared.storage.sql import load

R = TypeVar("R")
C = TypeVar("C")
SQL = load(Path(__file__).parent / "sql")


class KnownUse(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted scan of the venue, for its other phones."""

    scan_id: ScanId
    ticket_id: TicketId
    count: int
    occurred_at: datetime
    device_id: DeviceId
    gate: str
    undone: bool


class KnownConflict(msgspec.Struct, frozen=True, kw_only=True):
    """People let in whom a ticket no longer covered: here, and by which scan it was used up before."""

    scan_id: ScanId
    venue_id: VenueId
    ticket_id: TicketId
    count: int
    reason: str
    occurred_at: datetime
    device_id: DeviceId
    gate: str
    paired_at: datetime | None
    first_at: datetime | None
    first_device_id: DeviceId | None
    first_gate: str
    first_paired_at: datetime | None
    short_code: str | None
    product_id: ProductId | None


class WatchedScan(msgspec.Struct, frozen=True, kw_only=True):
    """A scan that its manager looks at: undone, or of a revoked phone. Without short_code its ticket is not known."""

    scan_id: ScanId
    venue_id: VenueId
    count: int
    offline: bool
    occurred_at: datetime
    recorded_at: datetime
    undone_at: datetime | None
    gate: str
    paired_at: datetime | None
    person: str
    short_code: str | None
    product_id: ProductId | None


class KnownTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What a typed short code stands for, as docs/ticket-code.md section 8 writes it."""

    short_code_hash: str
    ticket_id: TicketId
    venue_number: int
    product_number: int
    first_day: date
    days: int
    admits: int


class TypedTicket(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as its own code would tell of it, for a gate where its short code was typed."""

    ticket_id: TicketId
    venue_number: int
    product_number: int
    first_day: date
    days: int
    admits: int


class Page(msgspec.Struct, Generic[R, C], frozen=True):
    """Rows in the order of their cursor; the next ones come behind `after`."""

    rows: Sequence[R]
    after: C
    is_last: bool


async def count_untouched(
    connection: Connection, scans: Sequence[tuple[Scan, Answer]], now: datetime
) -> dict[ScanId, Ticket]:
    """By scan, those of their tickets that were still as they were issued, with all of their people in, if the scan is
    new; scans: of one ticket each.
    """
    columns = [list(column) for column in zip(*(_columns(scan, answer, now) for scan, answer in scans), strict=True)]
    rows = await connection.fetch(SQL["count_untouched"], *columns)
    return {ScanId(row["scan_id"]): ticket_of(row) for row in rows}


async def count_scan(connection: Connection, scan: Scan, answer: Answer, ticket: Ticket, now: datetime) -> bool:
    """Notes a scan with its answer, and writes how its locked ticket stands after it; False if its id is known."""
    noted = await connection.fetchval(SQL["count_scan"], *_columns(scan, answer, now), ticket.admitted, ticket.version)
    return noted is not None


async def note_scan(connection: Connection, scan: Scan, answer: Answer, now: datetime) -> bool:
    """Notes a scan that changes no ticket, with its answer; False if its id is known."""
    return await connection.fetchval(SQL["note_scan"], *_columns(scan, answer, now)) is not None


async def count_quarantined(connection: Connection, device_id: DeviceId) -> int:
    return int(await connection.fetchval(SQL["count_quarantined"], device_id))


async def find_ticket_by_short_code(connection: Connection, short_code: str) -> TicketId | None:
    ticket_id: TicketId | None = await connection.fetchval(SQL["find_ticket_by_short_code"], short_code)
    return ticket_id


async def first_use_of_ticket(connection: Connection, ticket_id: TicketId, but: ScanId) -> FirstUse | None:
    """Its earliest accepted scan, `but` left out."""
    row = await connection.fetchrow(SQL["first_use_of_ticket"], ticket_id, but)
    return None if row is None else msgspec.convert(dict(row), FirstUse)


async def find_answer(connection: Connection, scan_id: ScanId, device_id: DeviceId) -> Answer:
    """The stored answer; a phone that uses another one's scan id learns only that."""
    row = await connection.fetchrow(SQL["find_answer"], scan_id)
    assert row is not None
    if row["device_id"] != device_id:
        return Answer(scan_id=scan_id, verdict="unknown", reason="scan_id_taken", repeated=True)
    first = None
    if row["first_at"] is not None:
        first = FirstUse(
            scan_id=row["against"],
            occurred_at=row["first_at"],
            device_id=row["first_device_id"],
            gate=row["first_gate"],
        )
    return Answer(scan_id=scan_id, verdict=row["verdict"], reason=row["reason"], first_use=first, repeated=True)


async def lock_admission(connection: Connection, scan_id: ScanId) -> Admission | None:
    row = await connection.fetchrow(SQL["lock_admission"], scan_id)
    return None if row is None else msgspec.convert(dict(row), Admission)


async def undo_admission(connection: Connection, scan_id: ScanId, undone_at: datetime, now: datetime) -> Ticket:
    """The ticket without the scan's people."""
    row = await connection.fetchrow(SQL["undo_admission"], scan_id, undone_at, now)
    assert row is not None
    return ticket_of(row)


async def uses_of_shown_tickets(
    connection: Connection, venue_id: VenueId, day: date, after: datetime, limit: int
) -> Page[KnownUse, datetime]:
    """Uses of all tickets that may be shown on this day or later, whenever they were; the first changed first."""
    rows = await connection.fetch(SQL["uses_of_shown_tickets"], venue_id, day, after, limit)
    return _page(rows, KnownUse, "changed_at", after, limit)


async def uses_changed_after(
    connection: Connection, venue_id: VenueId, after: datetime, limit: int
) -> Page[KnownUse, datetime]:
    rows = await connection.fetch(SQL["uses_changed_after"], venue_id, after, limit)
    return _page(rows, KnownUse, "changed_at", after, limit)


async def conflicts_of_venues(
    connection: Connection, venue_ids: Sequence[VenueId], after: datetime
) -> list[KnownConflict]:
    """The newest first, at most 100."""
    rows = await connection.fetch(SQL["conflicts_of_venues"], venue_ids, after)
    return [msgspec.convert(dict(row), KnownConflict) for row in rows]


async def watched_scans(
    connection: Connection, venue_ids: Sequence[VenueId], after: datetime, *, quarantined: bool
) -> list[WatchedScan]:
    """The undone scans, or the quarantined ones; the newest first, at most 500."""
    rows = await connection.fetch(SQL["watched_scans"], venue_ids, after, quarantined)
    return [msgspec.convert(dict(row), WatchedScan) for row in rows]


async def tickets_around(
    connection: Connection, venue_id: VenueId, day: date, after: datetime, limit: int
) -> Page[KnownTicket, datetime]:
    """Tickets issued after an instant that are valid on this day or one of the next two."""
    rows = await connection.fetch(SQL["tickets_around"], venue_id, day, after, limit)
    return _page(rows, KnownTicket, "issued_at", after, limit)


async def find_typed_ticket(connection: Connection, short_code: str, venue_id: VenueId) -> TypedTicket | None:
    row = await connection.fetchrow(SQL["find_typed_ticket"], short_code, venue_id)
    return None if row is None else msgspec.convert(dict(row), TypedTicket)


async def revoked_tickets(
    connection: Connection, venue_id: VenueId, day: date, after: TicketId, limit: int
) -> Page[TicketId, TicketId]:
    rows = await connection.fetch(SQL["revoked_tickets"], venue_id, day, after, limit)
    ids = [TicketId(row["ticket_id"]) for row in rows]
    return Page(ids, ids[-1] if ids else after, len(ids) < limit)


def _columns(scan: Scan, answer: Answer, now: datetime) -> tuple[object, ...]:
    """The columns of a noted scan, in the order in which all three statements name them."""
    return (
        scan.scan_id,
        scan.venue_id,
        scan.device_id,
        scan.person_id,
        scan.ticket_id,
        scan.count,
        answer.verdict,
        answer.reason,
        None if answer.first_use is None else answer.first_use.scan_id,
        scan.phone_verdict,
        scan.offline,
        scan.occurred_at,
        now,
    )


def _page(rows: Sequence[Record], kind: type[R], cursor: str, after: datetime, limit: int) -> Page[R, datetime]:
    found = [msgspec.convert(dict(row), kind) for row in rows]
    return Page(found, rows[-1][cursor] if rows else after, len(rows) < limit)
