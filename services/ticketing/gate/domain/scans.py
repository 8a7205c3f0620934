"""Scans that phones tell of, and what the server answers: one answer to each, the same for ever.

rule.py says whom a ticket admits; here that becomes an answer to a phone which may have decided already.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from services.ticketing.gate.domain.rule import Verdict, VerdictKind
from shared.errors import Conflict, NotFound
from shared.ids import DeviceId, PersonId, ScanId, TicketId, VenueId

ScanVerdict = Literal["admitted", "duplicate", "conflict", "refused", "unknown", "quarantined"]

# By a scan with such a verdict people are in.
PEOPLE_IN: frozenset[ScanVerdict] = frozenset({"admitted", "conflict"})
UNDO_WITHIN = timedelta(seconds=30)
# What a phone may still hold that was lost or taken away: days of a busy gate, and until nobody looks at it any more.
QUARANTINE_SCANS = 2000
QUARANTINE_FOR = timedelta(days=45)
# WRONG_VENUE: a phone sends what it scanned before it was paired anew or moved as scans of where it is now.
_NOT_COVERED = frozenset({VerdictKind.ALREADY_USED, VerdictKind.TOO_MANY, VerdictKind.REVOKED, VerdictKind.WRONG_VENUE})


class UnknownScan(NotFound):
    """This phone sent no such scan."""

    code = "unknown_scan"


class UndoTooLate(Conflict):
    """The scan reached us more than 30 seconds ago, or was made offline longer than that before it was taken back."""

    code = "undo_too_late"


class NothingToUndo(Conflict):
    """The scan let nobody in."""

    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
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

    @property
    def let_people_in(self) -> bool:
        """The phone decides by itself, so with this verdict people have walked in, whatever we say now."""
        return self.phone_verdict == VerdictKind.ADMIT

    @property
    def happened_at(self) -> datetime:
        return self.occurred_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstUse:
    """The accepted scan that came before, and the name of its phone."""

    scan_id: ScanId
    count: int = 1
    occurred_at: datetime
    device_id: DeviceId
    gate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first answer to a scan, which is its answer for ever."""

    scan_id: ScanId
    verdict: ScanVerdict
    reason: str | None = None
    first_use: FirstUse | None = None
    repeated: bool = False

    @property
    def changes_ticket(self) -> bool:
        """Whether people are in by it: counted, or let in without being covered."""
        return self.verdict in PEOPLE_IN


@dataclass(frozen=True, slots=True)
class AdmittedTicket:
    """A stored ticket as the gate rule sees it, with the numbers of its venue and product."""

    ticket_id: TicketId
    venue_number: int
    product_number: int
    first_day: date
    days: int
    admits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A stored scan, as undoing needs it."""

    scan_id: ScanId
    device_id: DeviceId
    ticket_id: TicketId | None
    count: int
    verdict: ScanVerdict
    offline: bool
    occurred_at: datetime
    recorded_at: datetime
    undone_at: datetime | None

    @property
    def happened_at(self) -> datetime:
        return self.occurred_at if self.undone_at is None else self.undone_at

    def require_undoable(self, at: datetime, now: datetime) -> None:
        """Returns if its phone may take it back; raises NothingToUndo or UndoTooLate.

        A phone's clock says what its owner wants. So ours decides since when the scan is here; the phone's `at` counts
        beside it for what it did offline, of which we know nothing else.
        """
        if self.verdict not in PEOPLE_IN:
            raise NothingToUndo
        if now - self.recorded_at > UNDO_WITHIN or (self.offline and at - self.occurred_at > UNDO_WITHIN):
            raise UndoTooLate


def may_quarantine(revoked_at: datetime | None, scans: int, now: datetime) -> bool:
    """Whether so many scans of a revoked phone, those that it sent before among them, are kept at all."""
    return scans <= QUARANTINE_SCANS and (revoked_at is None or now - revoked_at <= QUARANTINE_FOR)


def answer_unasked(scan: Scan, reason: str | None) -> Answer | None:
    """The answer to a scan that counts nobody, whatever its ticket; None if the ticket decides.

    reason: why what was shown is no ticket, None if it is one.
    """
    if reason is not None:
        return Answer(scan_id=scan.scan_id, verdict="refused", reason=reason)
    if scan.phone_verdict is not None and not scan.let_people_in:
        # Nobody walked in; what the phone said then is the answer, also if we know better now.
        return Answer(scan_id=scan.scan_id, verdict="refused", reason=scan.phone_verdict)
    return None


def answer_by_rule(scan: Scan, verdict: Verdict, first: FirstUse | None) -> Answer:
    """What the gate rule's verdict on the scan's ticket means for the phone; first: the ticket's earliest use."""
    if verdict.kind is VerdictKind.ADMIT:
        return Answer(scan_id=scan.scan_id, verdict="admitted")
    return Answer(
        scan_id=scan.scan_id, verdict=_refusal(scan, verdict.kind, first), reason=verdict.kind, first_use=first
    )


def _refusal(scan: Scan, kind: VerdictKind, first: FirstUse | None) -> ScanVerdict:
    if kind in _NOT_COVERED and scan.let_people_in:
        return "conflict"
    is_own = first is not None and first.device_id == scan.device_id
    return "duplicate" if kind is VerdictKind.ALREADY_USED and is_own else "refused"
