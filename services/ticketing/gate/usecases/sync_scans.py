"""Takes the scans of a gate phone; each gets its first answer, now and whenever it is sent again."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.short_code import UnreadableShortCode
from services.ticketing.codes.short_code import parse as parse_short_code
from services.ticketing.codes.ticket_code import Claims, UnreadableTicket, verify
from services.ticketing.gate import store
from services.ticketing.gate.domain.rule import UnknownShortCode
from services.ticketing.gate.domain.scans import Answer, Scan, UndoTooLate, answer_unasked, may_quarantine
from services.ticketing.gate.usecases.admit import Untouched, admit, admit_untouched
from services.ticketing.gate.usecases.undo_admission import UndoAdmission, undo
from services.ticketing.people.store import find_device
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store.tickets import lock_ticket, lock_tickets
from shared.errors import DomainError
from shared.ids import TicketId
from shared.passes.auth import PassRevoked
from shared.unit.batch import One
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class TakenScan:
    """A scan without its ticket's id, and the text that was read or typed.

    undone_at: when the phone took it back, if it had done so before it told of it.
    """

    scan: Scan
    code: str | None
    short_code: str | None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SyncScans:
    """quarantined: the phone was revoked, so its scans are kept but count for nobody."""

    taken: tuple[TakenScan, ...]
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class _ReadScan:
    """A scan with its ticket's id, in which request it came, and its answer if no ticket need be asked for it.

    claims: of a code.
    """

    number: int
    asked: One[SyncScans]
    scan: Scan
    unasked: Answer | None
    claims: Claims | None = None
    undone_at: datetime | None = None


async def sync_scans(
    tx: Tx,
    batch: Sequence[One[SyncScans]],
    now: datetime,
    *,
    catalogue: Callable[[], Catalogue],
    public_keys: Mapping[int, Ed25519PublicKey],
) -> list[list[Answer] | DomainError]:
    """One answer per scan, in the order of the scans; PassRevoked for a revoked phone that sent too many."""
    scans: list[_ReadScan] = []
    for number, one in enumerate(batch):
        if not one.command.quarantined:
            scans += [await _read(tx, (number, one), taken, public_keys, now) for taken in one.command.taken]
    # Whoever was first at a ticket comes first at it, in whichever order the phones tell of it.
    scans.sort(key=_by_ticket_and_time)
    answers = await admit_untouched(tx, _firsts(scans), catalogue(), now)
    left = [one for one in scans if (one.number, one.scan.scan_id) not in answers]
    tickets = await _locked(tx, {one.scan.ticket_id for one in left if one.unasked is None and one.scan.ticket_id})
    for scan in left:
        scan.asked.follow()
        answer = await _answer(tx, scan, tickets, catalogue(), now)
        answers.setdefault((scan.number, scan.scan.scan_id), answer)
    return [
        await _quarantine(tx, one.command.taken, public_keys, now)
        if one.command.quarantined
        else [answers[number, taken.scan.scan_id] for taken in one.command.taken]
        for number, one in enumerate(batch)
    ]


async def _answer(
    tx: Tx, one: _ReadScan, tickets: dict[TicketId, Ticket], catalogue: Catalogue, now: datetime
) -> Answer:
    """tickets: the locked ones; the scan's own is there as it stands after the scan."""
    if one.unasked is not None:
        return await _note(tx, one.scan, one.unasked, now)
    answer = await admit(tx, one.scan, tickets, catalogue, now)
    if one.undone_at is not None and answer.changes_ticket and not answer.repeated:
        taking_back = UndoAdmission(one.scan.scan_id, one.scan.device_id, one.undone_at)
        tickets |= await _taken_back(tx, taking_back, catalogue, now)
    return answer


def _firsts(scans: Sequence[_ReadScan]) -> list[Untouched]:
    """The first scan of each ticket, if its code tells all of it; each scan once, however often it is sent."""
    firsts: dict[TicketId, _ReadScan] = {}
    for one in scans:
        if one.unasked is None and one.scan.ticket_id is not None:
            firsts.setdefault(one.scan.ticket_id, one)
    known: set[UUID] = set()
    untouched: list[Untouched] = []
    for one in firsts.values():
        if one.claims is not None and one.undone_at is None and one.scan.scan_id not in known:
            untouched.append(Untouched(one.number, one.asked, one.scan, one.claims))
            known.add(one.scan.scan_id)
    return untouched


async def _quarantine(
    tx: Tx, taken: Sequence[TakenScan], public_keys: Mapping[int, Ed25519PublicKey], now: datetime
) -> list[Answer] | DomainError:
    """Keeps the scans of a revoked phone without a look at any ticket: which ones there are is not for it to know."""
    device_id = taken[0].scan.device_id
    device = await find_device(tx.connection, device_id)
    kept = await store.count_quarantined(tx.connection, device_id)
    if not may_quarantine(None if device is None else device.revoked_at, kept + len(taken), now):
        return PassRevoked()
    answers: dict[UUID, Answer] = {}
    # Always in the same order, so that one batch sent twice at once waits for itself in no ring.
    for one in sorted(taken, key=lambda one: one.scan.scan_id):
        scan = replace(
            one.scan, ticket_id=_ticket_named(one.code, public_keys), occurred_at=min(one.scan.occurred_at, now)
        )
        answer = await _note(tx, scan, Answer(scan_id=scan.scan_id, verdict="quarantined"), now)
        answers.setdefault(scan.scan_id, answer)
    return [answers[one.scan.scan_id] for one in taken]


def _ticket_named(code: str | None, public_keys: Mapping[int, Ed25519PublicKey]) -> TicketId | None:
    """The ticket that a signed code names, for the manager; a short code names none without being looked up."""
    try:
        return None if code is None else verify(code, public_keys).ticket_id
    except UnreadableTicket:
        return None


async def _note(tx: Tx, scan: Scan, answer: Answer, now: datetime) -> Answer:
    """The answer that stands: this one, or an earlier one."""
    if await store.note_scan(tx.connection, scan, answer, now):
        return answer
    return await store.find_answer(tx.connection, scan.scan_id, scan.device_id)


async def _taken_back(tx: Tx, command: UndoAdmission, catalogue: Catalogue, now: datetime) -> dict[TicketId, Ticket]:
    """The ticket by its id as it stands after the undo; none if that came too late by the phone's own times."""
    try:
        ticket = await undo(tx, command, catalogue, now)
    except UndoTooLate:
        return {}
    return {} if ticket is None else {ticket.ticket_id: ticket}


async def _locked(tx: Tx, ticket_ids: Collection[TicketId]) -> dict[TicketId, Ticket]:
    """Those of the tickets that there are, by their ids; nearly always none is left."""
    if len(ticket_ids) > 1:
        return await lock_tickets(tx.connection, list(ticket_ids))
    found = [await lock_ticket(tx.connection, ticket_id) for ticket_id in ticket_ids]
    return {ticket.ticket_id: ticket for ticket in found if ticket is not None}


def _by_ticket_and_time(one: _ReadScan) -> tuple[str, datetime, UUID]:
    # Always in the same order, so that two phones' batches with the same scans never wait for each other in a ring.
    return str(one.scan.ticket_id), one.scan.occurred_at, one.scan.scan_id


async def _read(
    tx: Tx,
    request: tuple[int, One[SyncScans]],
    taken: TakenScan,
    public_keys: Mapping[int, Ed25519PublicKey],
    now: datetime,
) -> _ReadScan:
    # A clock ahead of ours is not believed: events would come from the future.
    scan, claims, reason = replace(taken.scan, occurred_at=min(taken.scan.occurred_at, now)), None, None
    try:
        if taken.code is not None:
            claims = verify(taken.code, public_keys)
            scan = replace(scan, ticket_id=claims.ticket_id)
        else:
            found = await store.find_ticket_by_short_code(tx.connection, parse_short_code(taken.short_code or ""))
            scan, reason = replace(scan, ticket_id=found), UnknownShortCode.code if found is None else None
    except (UnreadableTicket, UnreadableShortCode) as error:
        reason = error.code
    return _ReadScan(*request, scan, answer_unasked(scan, reason), claims, taken.undone_at)
