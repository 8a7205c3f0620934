"""The trail as an operator reads it: newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.people.store.audit import Noted, audit_before, audit_lines, audit_of_day
from shared.clock import ZONE
from shared.unit.tx import Tx

PAGE = 50
NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """before: the id that the page above ended with; action: "" for all; day: the local one, None for all."""

    before: int = NEWEST
    action: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """older: where the next page begins, None on the last one. venues: all there are, for their names."""

    lines: Sequence[Noted]
    older: int | None
    venues: Sequence[Venue]


async def read_audit(tx: Tx, command: ReadAudit, now: datetime) -> AuditPage:
    wanted = command.before, command.action, PAGE + 1
    if command.day is None:
        ids = await audit_before(tx.connection, *wanted)
    else:
        begin = datetime.combine(command.day, time(), ZONE)
        ids = await audit_of_day(tx.connection, *wanted, (begin, begin + timedelta(days=1)))
    lines = await audit_lines(tx.connection, ids[:PAGE])
    venues = (await read_catalogue(tx.connection)).venues.values()
    return AuditPage(lines, ids[PAGE - 1] if len(ids) > PAGE else None, list(venues))
