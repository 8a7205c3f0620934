"""Takes back a scan that a phone has just made: the wrong ticket, or people who turned round."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.gate.store import lock_admission
from services.ticketing.gate.store import undo_admission as store_undo
from services.ticketing.sales.events import told_ticket
from shared.errors import Conflict, NotFound
from shared.events.ticketing import AdmissionUndone
from shared.ids import DeviceId, ScanId
from shared.unit import audit
from shared.unit.unit import Tx

UNDO_WITHIN = timedelta(seconds=30)


class UnknownScan(NotFound):
    """This phone sent no such scan."""

    code = "unknown_scan"


class UndoTooLate(Conflict):
    """More than 30 seconds lay between the scan and taking it back, both by the phone's clock."""

    code = "undo_too_late"


class NothingToUndo(Conflict):
    """The scan let nobody in."""

    code = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class UndoAdmission:
    scan_id: ScanId
    device_id: DeviceId
    occurred_at: datetime


async def undo_admission(tx: Tx, command: UndoAdmission, now: datetime, *, catalogue: Callable[[], Catalogue]) -> bool:
    """True; a second time too, without a second effect. Its people no longer count; the scan stays written."""
    scan = await lock_admission(tx.connection, command.scan_id)
    if scan is None or scan.device_id != command.device_id:
        raise UnknownScan
    if scan.undone_at is not None:
        return True
    if scan.verdict not in ("admitted", "conflict"):
        raise NothingToUndo
    undone_at = min(command.occurred_at, now)
    if undone_at - scan.occurred_at > UNDO_WITHIN:
        raise UndoTooLate
    ticket = await store_undo(tx.connection, scan.scan_id, undone_at, now)
    await audit.note(tx.connection, now, command.device_id, "admission_undone", f"scan:{scan.scan_id}")
    more = {"scan_id": scan.scan_id, "device_id": scan.device_id, "count": scan.count, "offline": scan.offline}
    tx.emit(told_ticket(AdmissionUndone, ticket, catalogue().venues[ticket.venue_id], undone_at, now, **more))
    tx.touch("venue", ticket.venue_id)
    tx.touch("tickets", str(ticket.order_id))
    return True
