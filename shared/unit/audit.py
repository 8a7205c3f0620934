"""The append-only trail of what people changed: written with the change, read by operators a page at a time.

Never a name, number or secret in it: ids say who and what.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from shared.clock import ZONE
from shared.storage.db import Connection
from shared.unit.statements import SQL

PAGE = 50
NEWEST = 2**63 - 1


async def note(
    connection: Connection, now: datetime, actor_id: UUID | None, action: str, subject: str, **detail: str | int | bool
) -> None:
    """Writes one line with the change it tells of. actor_id: a person or phone, None for a command line."""
    await connection.execute(SQL["append_audit"], now, actor_id, action, subject, json.dumps(detail))


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it was written.

    One without an actor was written by a command, an invitation, or for who was not let in.
    """

    id: int
    at: datetime
    actor_id: UUID | None
    action: str
    subject: str
    detail: Mapping[str, str | int | bool]

    @property
    def subject_kind(self) -> str:
        """person, device, venue, order, scan or login; "" if it is none of these."""
        return self.subject.partition(":")[0] if ":" in self.subject else ""

    @property
    def subject_ids(self) -> list[str]:
        return self.subject.rpartition(":")[2].split(",")

    @property
    def is_own(self) -> bool:
        """Whether somebody did it to themselves."""
        return self.actor_id is not None and self.subject == f"person:{self.actor_id}"


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """before: the id that the page above ended with; action: "" for all; day: the local one, None for all."""

    before: int = NEWEST
    action: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first. older: where the next page begins, None on the last one."""

    lines: Sequence[Noted]
    older: int | None


async def read_audit(connection: Connection, asked: ReadAudit) -> AuditPage:
    wanted = asked.before, asked.action, PAGE + 1
    if asked.day is None:
        rows = await connection.fetch(SQL["audit_before"], *wanted)
    else:
        begin = datetime.combine(asked.day, time(), ZONE)
        rows = await connection.fetch(SQL["audit_of_day"], *wanted, begin, begin + timedelta(days=1))
    lines = [msgspec.convert({**row, "detail": msgspec.json.decode(row["detail"])}, Noted) for row in rows[:PAGE]]
    return AuditPage(lines, lines[-1].id if len(rows) > PAGE else None)
