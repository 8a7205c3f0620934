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
from services.ticketing.gate.usecases.admit import admit, admit_untouched
from services.ticketing.gate.usecases.undo_admission import UndoAdmission, undo
from services.ticketing.people.store import find_device
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store.tickets import lock_ticket, lock_tickets
from shared.ids import TicketId
from shared.passes.auth import PassRevoked
from shared.unit.unit import Tx


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
    """A scan with its ticket's id, or with the reason why what was shown or typed is none; claims: of a code."""

    scan: Scan
    reason: str | None = None
    claims: Claims | None = None


async def sync_scans(
    tx: Tx,
    command: SyncScans,
    now: datetime,
    *,
    catalogue: Callable[[], Catalogue],
    public_keys: Mapping[int, Ed25519PublicKey],
) -> list[Answer]:
    """One answer per scan, in the order of the scans. Raises PassRevoked if a revoked phone sent too many."""
    if command.quarantined:
        return await _quarantine(tx, command.taken, public_keys, now)
    read = [await _read(tx, taken, public_keys, now) for taken in command.taken]
    decided = [(one.scan, answer_unasked(one.scan, one.reason)) for one in read]
    undone = {taken.scan.scan_id: taken.undone_at for taken in command.taken if taken.undone_at is not None}
    if len(read) == 1 and not undone and decided[0][1] is None and read[0].claims is not None:
        answer = await admit_untouched(tx, read[0].scan, read[0].claims, catalogue(), now)
        if answer is not None:
            return [answer]
    tickets = await _locked(tx, {scan.ticket_id for scan, unasked in decided if unasked is None and scan.ticket_id})
    answers: dict[UUID, Answer] = {}
    for scan, unasked in sorted(decided, key=_by_ticket_and_time):
        if unasked is None:
            answer = await admit(tx, scan, tickets, catalogue(), now)
            if scan.scan_id in undone and answer.changes_ticket and not answer.repeated:
                taking_back = UndoAdmission(scan.scan_id, scan.device_id, undone[scan.scan_id])
                tickets |= await _taken_back(tx, taking_back, catalogue(), now)
        else:
            answer = await _note(tx, scan, unasked, now)
        answers.setdefault(scan.scan_id, answer)
    return [answers[taken.scan.scan_id] for taken in command.taken]


async def _quarantine(
    tx: Tx, taken: Sequence[TakenScan], public_keys: Mapping[int, Ed25519PublicKey], now: datetime
) -> list[Answer]:
    """Keeps the scans of a revoked phone without a look at any ticket: which ones there are is not for it to know."""
    device_id = taken[0].scan.device_id
    device = await find_device(tx.connection, device_id)
    kept = await store.count_quarantined(tx.connection, device_id)
    if not may_quarantine(None if device is None else device.revoked_at, kept + len(taken), now):
        raise PassRevoked
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
    """Those of the tickets that there are, by their ids; nearly always it is one."""
    if len(ticket_ids) > 1:
        return await lock_tickets(tx.connection, list(ticket_ids))
    found = [await lock_ticket(tx.connection, ticket_id) for ticket_id in ticket_ids]
    return {ticket.ticket_id: ticket for ticket in found if ticket is not None}


def _by_ticket_and_time(decided: tuple[Scan, Answer | None]) -> tuple[str, datetime, UUID]:
    # Always in the same order, so that two phones' batches with the same scans never wait for each other in a ring.
    scan, _ = decided
    return str(scan.ticket_id), scan.occurred_at, scan.scan_id


async def _read(tx: Tx, taken: TakenScan, public_keys: Mapping[int, Ed25519PublicKey], now: datetime) -> _ReadScan:
    # A clock ahead of ours is not believed: events would come from the future.
    scan = replace(taken.scan, occurred_at=min(taken.scan.occurred_at, now))
    try:
        if taken.code is not None:
            claims = verify(taken.code, public_keys)
            return _ReadScan(replace(scan, ticket_id=claims.ticket_id), claims=claims)
        short_code = parse_short_code(taken.short_code or "")
    except (UnreadableTicket, UnreadableShortCode) as error:
        return _ReadScan(scan, reason=error.code)
    found = await store.find_ticket_by_short_code(tx.connection, short_code)
    return _ReadScan(scan, reason=UnknownShortCode.code) if found is None else _ReadScan(replace(scan, ticket_id=found))
