"""Takes back a scan that a phone has just made: the wrong ticket, or people who turned round."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.gate.domain.scans import UnknownScan
from services.ticketing.gate.events import scan_event
from services.ticketing.gate.store import lock_admission
from services.ticketing.gate.store import undo_admission as store_undo
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.states import watched_order
from services.ticketing.sales.usecases.void_tickets import give_back
from shared.events.ticketing import AdmissionUndone
from shared.ids import DeviceId, ScanId
from shared.unit import audit
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class UndoAdmission:
    scan_id: ScanId
    device_id: DeviceId
    occurred_at: datetime


async def undo_admission(tx: Tx, command: UndoAdmission, now: datetime, *, catalogue: Callable[[], Catalogue]) -> bool:
    """True; a second time too, without a second effect. Its people no longer count; the scan stays written."""
    await undo(tx, command, catalogue(), now)
    return True


async def undo(tx: Tx, command: UndoAdmission, catalogue: Catalogue, now: datetime) -> Ticket | None:
    """The ticket without the scan's people, None if that was so before.

    Raises UnknownScan, NothingToUndo or UndoTooLate.
    """
    found = await lock_admission(tx.connection, command.scan_id)
    if found is None or found.device_id != command.device_id:
        raise UnknownScan
    if found.undone_at is not None:
        return None
    undone_at = max(found.occurred_at, min(command.occurred_at, now))
    found.require_undoable(undone_at, now)
    scan = replace(found, undone_at=undone_at)
    ticket = await store_undo(tx.connection, scan.scan_id, undone_at, now)
    # Revoked while they were in, it kept their places for them.
    if ticket.is_revoked and scan.verdict == "admitted":
        await give_back(tx, ticket, scan.count)
    await audit.note(tx.connection, now, command.device_id, "admission_undone", f"scan:{scan.scan_id}")
    tx.emit(scan_event(AdmissionUndone, ticket, catalogue.venues[ticket.venue_id], scan, now))
    tx.touch("venue", ticket.venue_id)
    tx.touch(*watched_order(ticket.order_id))
    return ticket
