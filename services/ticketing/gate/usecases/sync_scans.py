"""Takes the scans of a gate phone; each gets its first answer, now and whenever it is sent again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.codes.short_code import UnreadableShortCode
from services.ticketing.codes.short_code import parse as parse_short_code
from services.ticketing.codes.ticket_code import UnreadableTicket, verify
from services.ticketing.gate import store
from services.ticketing.gate.domain.rule import UnknownShortCode
from services.ticketing.gate.domain.scans import Answer, Scan, answer_unasked
from services.ticketing.gate.usecases.admit import admit
from services.ticketing.sales.store.tickets import lock_tickets
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


async def sync_scans(
    tx: Tx,
    command: SyncScans,
    now: datetime,
    *,
    catalogue: Callable[[], Catalogue],
    public_keys: Mapping[int, Ed25519PublicKey],
) -> list[Answer]:
    """One answer per scan, in the order of the scans."""
    decided: list[tuple[Scan, Answer | None]] = []
    for taken in command.taken:
        scan, reason = await _read(tx, taken, public_keys, now)
        decided.append((scan, answer_unasked(scan, reason, quarantined=command.quarantined)))
    asked = [scan.ticket_id for scan, unasked in decided if unasked is None and scan.ticket_id is not None]
    tickets = await lock_tickets(tx.connection, asked) if asked else {}
    answers: dict[UUID, Answer] = {}
    for scan, unasked in sorted(decided, key=_by_ticket_and_time):
        if unasked is None:
            answer = await admit(tx, scan, tickets, catalogue(), now)
        else:
            is_new = await store.note_scan(tx.connection, scan, unasked, now)
            answer = unasked if is_new else await store.find_answer(tx.connection, scan.scan_id, scan.device_id)
        answers.setdefault(scan.scan_id, answer)
    return [answers[taken.scan.scan_id] for taken in command.taken]


def _by_ticket_and_time(decided: tuple[Scan, Answer | None]) -> tuple[str, datetime, UUID]:
    # Always in the same order, so that two phones' batches with the same scans never wait for each other in a ring.
    scan, _ = decided
    return str(scan.ticket_id), scan.occurred_at, scan.scan_id


async def _read(
    tx: Tx, taken: TakenScan, public_keys: Mapping[int, Ed25519PublicKey], now: datetime
) -> tuple[Scan, str | None]:
    """The scan with its ticket, or with the reason why what was shown or typed is none."""
    # A clock ahead of ours is not believed: events would come from the future.
    scan = replace(taken.scan, occurred_at=min(taken.scan.occurred_at, now))
    try:
        if taken.code is not None:
            return replace(scan, ticket_id=verify(taken.code, public_keys).ticket_id), None
        short_code = parse_short_code(taken.short_code or "")
    except (UnreadableTicket, UnreadableShortCode) as error:
        return scan, error.code
    found = await store.find_ticket_by_short_code(tx.connection, short_code)
    return (scan, UnknownShortCode.code) if found is None else (replace(scan, ticket_id=found), None)
