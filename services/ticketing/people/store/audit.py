"""The trail of what people did, as rows to be read. It is written by shared/unit/audit.py and changed by nobody."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from services.ticketing.people.domain import DeviceKind
from services.ticketing.people.store import SQL
from shared.events.words import PersonRole
from shared.storage.db import Connection, Record


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A line, with the names of whom it names as they are now: who did it, and the person or phone it was done to.

    A line without a person or phone who did it was written by a command, an invitation, or for who was not let in.
    """

    id: int
    at: datetime
    action: str
    subject: str
    detail: Mapping[str, str | int | bool]
    actor_name: str | None
    actor_role: PersonRole | None
    actor_phone: str | None
    actor_phone_kind: DeviceKind | None
    person_name: str | None
    person_role: PersonRole | None
    phone_name: str | None
    phone_kind: DeviceKind | None
    is_own: bool | None

    @property
    def subject_kind(self) -> str:
        """person, device, venue, order, scan or login; "" if it is none of these."""
        return self.subject.partition(":")[0] if ":" in self.subject else ""

    @property
    def subject_ids(self) -> list[str]:
        return self.subject.rpartition(":")[2].split(",")


async def audit_before(connection: Connection, before: int, action: str, limit: int) -> list[int]:
    """Ids, newest first; action: "" for all."""
    return [row["id"] for row in await connection.fetch(SQL["audit_before"], before, action, limit)]


async def audit_of_day(
    connection: Connection, before: int, action: str, limit: int, day: tuple[datetime, datetime]
) -> list[int]:
    """Those of [day[0], day[1])."""
    return [row["id"] for row in await connection.fetch(SQL["audit_of_day"], before, action, limit, *day)]


async def audit_lines(connection: Connection, ids: Sequence[int]) -> list[Noted]:
    """The lines of these ids, newest first."""
    return [_noted(row) for row in await connection.fetch(SQL["audit_lines"], ids)]


def _noted(row: Record) -> Noted:
    return msgspec.convert({**row, "detail": msgspec.json.decode(row["detail"])}, Noted)
