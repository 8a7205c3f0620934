"""Takes the scans of a gate phone; each gets its first answer, now and whenever it is sent again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from services.ticketing.gate.store import Answer, Scan, find_answer, note_scan
from services.ticketing.gate.usecases.admit import LET_IN, GateOffice, admit, read_ticket_id
from shared.unit.unit import Tx


@dataclass(frozen=True, slots=True)
class TakenScan:
    """A scan without its ticket's id, and the text that was read or typed."""

    scan: Scan
    code: str | None
    short_code: str | None


@dataclass(frozen=True, slots=True)
class SyncScans:
    """quarantined: the phone was revoked, so its scans are kept but count for nobody."""

    taken: tuple[TakenScan, ...]
    quarantined: bool = False


async def sync_scans(tx: Tx, command: SyncScans, now: datetime, *, office: GateOffice) -> list[Answer]:
    """One answer per scan, in the order of the scans."""
    read = [await _with_ticket(tx, taken, office, now) for taken in command.taken]
    answers: dict[UUID, Answer] = {}
    # Always in the same order, so that two phones' batches with the same tickets never wait for each other in a ring.
    for scan, reason in sorted(read, key=lambda pair: (str(pair[0].ticket_id), pair[0].occurred_at, pair[0].scan_id)):
        uncounted = _uncounted(scan, reason, quarantined=command.quarantined)
        answer = await (admit(tx, scan, office, now) if uncounted is None else _note(tx, scan, uncounted, now))
        answers.setdefault(scan.scan_id, answer)
    return [answers[taken.scan.scan_id] for taken in command.taken]


async def _with_ticket(tx: Tx, taken: TakenScan, office: GateOffice, now: datetime) -> tuple[Scan, str | None]:
    """The scan with its ticket, or with the reason why what was shown is none."""
    # A clock ahead of ours is not believed: events would come from the future.
    occurred_at = min(taken.scan.occurred_at, now)
    found = await read_ticket_id(tx, taken.code, taken.short_code, office)
    if isinstance(found, UUID):
        return msgspec.structs.replace(taken.scan, occurred_at=occurred_at, ticket_id=found), None
    return msgspec.structs.replace(taken.scan, occurred_at=occurred_at), found


def _uncounted(scan: Scan, reason: str | None, *, quarantined: bool) -> Answer | None:
    """The answer to a scan that counts nobody, whatever its ticket; None if the ticket decides."""
    if quarantined:
        return Answer(scan_id=scan.scan_id, verdict="quarantined", reason=reason)
    if reason is not None:
        return Answer(scan_id=scan.scan_id, verdict="refused", reason=reason)
    if scan.phone_verdict not in (None, LET_IN):
        # Nobody walked in; what the phone said then is the answer, also if we know better now.
        return Answer(scan_id=scan.scan_id, verdict="refused", reason=scan.phone_verdict)
    return None


async def _note(tx: Tx, scan: Scan, answer: Answer, now: datetime) -> Answer:
    is_new = await note_scan(tx.connection, scan, answer.verdict, answer.reason, now)
    return answer if is_new else await find_answer(tx.connection, scan.scan_id, scan.device_id)
