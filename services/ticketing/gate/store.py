"""Scans of gate phones as rows, and what a gate phone has to know of its venue."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec

from services.ticketing.sales.store.tickets import Ticket, ticket_of
from shared.ids import DeviceId, PersonId, ProductId, ScanId, TicketId, VenueId
from shared.storage.db import Connection, Record
from shared.storage.sql import load

R = TypeVar("R")
C = TypeVar("C")
ScanVerdict = Literal["admitted", "duplicate", "conflict", "refused", "unknown", "quarantined"]
SQL = load(Path(__file__).parent / "sql")


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a phone told of one scan. phone_verdict is what it decided by itself, None if it left that to us."""

    scan_id: ScanId
    venue_id: VenueId
    device_id: DeviceId
    person_id: PersonId | None = None
    ticket_id: TicketId | None = None
    count: int = 1
    phone_verdict: str | None = None
    offline: bool = False
    occurred_at: datetime


class FirstUse(msgspec.Struct, frozen=True, kw_only=True):
    """The accepted scan that came before, and the name of its phone."""

    scan_id: ScanId
    count: int = 1
    occurred_at: datetime
    device_id: DeviceId
    gate: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The first answer to a scan, which is its answer for ever."""

    scan_id: ScanId
    verdict: ScanVerdict
    reason: str | None = None
    first_use: FirstUse | None = None
    repeated: bool = False


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A stored scan, locked, as undoing needs it."""

    scan_id: ScanId
    device_id: DeviceId
    ticket_id: TicketId | None
    count: int
    verdict: ScanVerdict
    offline: bool
    occurred_at: datetime
    undone_at: datetime | None


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


class KnownTicket(msgspec.Struct, frozen=True, kw_only=True):
    """What a typed short code stands for, as docs/ticket-code.md section 8 writes it."""

    short_code_hash: str
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


async def admit(connection: Connection, scan: Scan, day: date, now: datetime) -> tuple[bool, Ticket | None]:
    """Notes a scan and counts its people in one statement: whether it is new, and the ticket if that covered them."""
    assert scan.ticket_id is not None
    row = await connection.fetchrow(
        SQL["admit"],
        scan.scan_id,
        scan.venue_id,
        scan.device_id,
        scan.person_id,
        scan.ticket_id,
        scan.count,
        scan.phone_verdict,
        scan.offline,
        scan.occurred_at,
        now,
        day,
    )
    assert row is not None
    return row["noted"] is not None, None if row["ticket_id"] is None else ticket_of(row)


async def note_scan(
    connection: Connection, scan: Scan, verdict: ScanVerdict, reason: str | None, now: datetime
) -> bool:
    """A scan that counts nobody; False if its id is known."""
    noted = await connection.fetchval(
        SQL["note_scan"],
        scan.scan_id,
        scan.venue_id,
        scan.device_id,
        scan.person_id,
        scan.ticket_id,
        scan.count,
        verdict,
        reason,
        scan.phone_verdict,
        scan.offline,
        scan.occurred_at,
        now,
    )
    return noted is not None


async def change_verdict(connection: Connection, answer: Answer) -> None:
    """Corrects the row that `admit` has just written; never one of an earlier transaction."""
    against = None if answer.first_use is None else answer.first_use.scan_id
    await connection.execute(SQL["change_verdict"], answer.scan_id, answer.verdict, answer.reason, against)


async def bump_ticket(connection: Connection, ticket_id: TicketId) -> Ticket:
    """The ticket with a new version, locked."""
    row = await connection.fetchrow(SQL["bump_ticket"], ticket_id)
    assert row is not None
    return ticket_of(row)


async def find_ticket_by_short_code(connection: Connection, short_code: str) -> TicketId | None:
    ticket_id: TicketId | None = await connection.fetchval(SQL["find_ticket_by_short_code"], short_code)
    return ticket_id


async def uses_of_ticket(connection: Connection, ticket_id: TicketId, but: ScanId) -> list[FirstUse]:
    """Accepted scans, the earliest first."""
    return [_use(row) for row in await connection.fetch(SQL["uses_of_ticket"], ticket_id, but)]


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


async def tickets_around(
    connection: Connection, venue_id: VenueId, day: date, after: datetime, limit: int
) -> Page[KnownTicket, datetime]:
    """Tickets issued after an instant that are valid on this day or one of the next two."""
    rows = await connection.fetch(SQL["tickets_around"], venue_id, day, after, limit)
    return _page(rows, KnownTicket, "issued_at", after, limit)


async def revoked_tickets(
    connection: Connection, venue_id: VenueId, day: date, after: TicketId, limit: int
) -> Page[TicketId, TicketId]:
    rows = await connection.fetch(SQL["revoked_tickets"], venue_id, day, after, limit)
    ids = [TicketId(row["ticket_id"]) for row in rows]
    return Page(ids, ids[-1] if ids else after, len(ids) < limit)


def _use(row: Record) -> FirstUse:
    return msgspec.convert(dict(row), FirstUse)


def _page(rows: Sequence[Record], kind: type[R], cursor: str, after: datetime, limit: int) -> Page[R, datetime]:
    found = [msgspec.convert(dict(row), kind) for row in rows]
    return Page(found, rows[-1][cursor] if rows else after, len(rows) < limit)
