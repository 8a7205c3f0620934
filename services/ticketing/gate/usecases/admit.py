"""Admits one scan of a ticket. Called by sync_scans, inside its transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.short_code import UnreadableShortCode
from services.ticketing.codes.short_code import parse as parse_short_code
from services.ticketing.codes.ticket_code import Claims, UnreadableTicket, verify
from services.ticketing.gate import store
from services.ticketing.gate.domain.rule import Gate, Known, Use, VerdictKind, decide
from services.ticketing.gate.store import Answer, FirstUse, Scan, ScanVerdict
from services.ticketing.sales.events import told_ticket
from services.ticketing.sales.store.tickets import Ticket, lock_ticket
from shared.clock import local_date
from shared.events.ticketing import AdmissionConflicted, ScanEvent, TicketAdmitted
from shared.ids import TicketId
from shared.unit.unit import Tx

# The phone decides by itself, so with this verdict people have walked in, whatever we say now.
LET_IN = VerdictKind.ADMIT.value
# WRONG_VENUE: a phone sends what it scanned before it was paired anew or moved as scans of where it is now.
_NOT_COVERED = frozenset({VerdictKind.ALREADY_USED, VerdictKind.TOO_MANY, VerdictKind.REVOKED, VerdictKind.WRONG_VENUE})


@dataclass(frozen=True, slots=True)
class GateOffice:
    """What checking tickets needs besides the scan: the catalogue in memory, and public keys by key id."""

    catalogue: Callable[[], Catalogue]
    public_keys: Mapping[int, Ed25519PublicKey]


async def admit(tx: Tx, scan: Scan, office: GateOffice, now: datetime) -> Answer:
    """Counts the people of a scan if its ticket covers them, exactly once per scan id; else says why not."""
    is_new, ticket = await store.admit(tx.connection, scan, local_date(scan.occurred_at), now)
    if not is_new:
        return await store.find_answer(tx.connection, scan.scan_id, scan.device_id)
    if ticket is not None:
        tx.emit(_event(TicketAdmitted, ticket, scan, office, now))
        tx.touch("venue", scan.venue_id)
        tx.touch("tickets", str(ticket.order_id))
        return Answer(scan_id=scan.scan_id, verdict="admitted")
    answer = await _explain(tx, scan, office, now)
    await store.change_verdict(tx.connection, answer)
    return answer


async def _explain(tx: Tx, scan: Scan, office: GateOffice, now: datetime) -> Answer:
    """Why a readable ticket did not cover the scan; says a conflict if the phone let people in all the same."""
    assert scan.ticket_id is not None
    ticket = await lock_ticket(tx.connection, scan.ticket_id)
    if ticket is None:
        return Answer(scan_id=scan.scan_id, verdict="unknown", reason="unknown_ticket")
    uses = await store.uses_of_ticket(tx.connection, ticket.ticket_id, scan.scan_id)
    kind = _kind_of(ticket, uses, scan, office.catalogue())
    first = uses[0] if uses else None
    verdict = _verdict_of(kind, scan, first)
    if verdict == "conflict":
        ticket = await store.bump_ticket(tx.connection, ticket.ticket_id)
        tx.emit(_event(AdmissionConflicted, ticket, scan, office, now))
        tx.touch("venue", scan.venue_id)
    return Answer(scan_id=scan.scan_id, verdict=verdict, reason=kind, first_use=first)


def _kind_of(ticket: Ticket, uses: list[FirstUse], scan: Scan, catalogue: Catalogue) -> VerdictKind:
    claims = Claims(
        key_id=0,
        ticket_id=ticket.ticket_id,
        venue_number=catalogue.venues[ticket.venue_id].number,
        product_number=catalogue.products[ticket.product_id].number,
        first_day=ticket.valid_from,
        days=ticket.days,
        admits=ticket.admits,
    )
    gate = Gate(catalogue.venues[scan.venue_id].number, None, local_date(scan.occurred_at))
    heard = [Use(use.scan_id, use.count, use.occurred_at, use.gate) for use in uses]
    revoked = {ticket.ticket_id} if ticket.status == "revoked" else set[TicketId]()
    kind = decide(claims, gate, Known(revoked, {ticket.ticket_id: heard}), scan.count).kind
    # Somebody undid a scan in the moment between the two statements: when it was asked, the ticket was used up.
    return VerdictKind.ALREADY_USED if kind is VerdictKind.ADMIT else kind


def _verdict_of(kind: VerdictKind, scan: Scan, first: FirstUse | None) -> ScanVerdict:
    if kind in _NOT_COVERED and scan.phone_verdict == LET_IN:
        return "conflict"
    is_own = first is not None and first.device_id == scan.device_id
    return "duplicate" if kind is VerdictKind.ALREADY_USED and is_own else "refused"


def _event(kind: type[ScanEvent], ticket: Ticket, scan: Scan, office: GateOffice, now: datetime) -> ScanEvent:
    venue = office.catalogue().venues[ticket.venue_id]
    more = {"scan_id": scan.scan_id, "device_id": scan.device_id, "count": scan.count, "offline": scan.offline}
    return told_ticket(kind, ticket, venue, scan.occurred_at, now, **more)


async def read_ticket_id(tx: Tx, code: str | None, short_code: str | None, office: GateOffice) -> TicketId | str:
    """The ticket that was shown or typed, or the reason why it is none."""
    if code is not None:
        try:
            return verify(code, office.public_keys).ticket_id
        except UnreadableTicket as error:
            return error.code
    try:
        found = await store.find_ticket_by_short_code(tx.connection, parse_short_code(short_code or ""))
    except UnreadableShortCode as error:
        return error.code
    return "unknown_short_code" if found is None else found
