"""The trail of what people did, as rows to be read. It is written by shared/unit/audit.py and changed by nobody."""

from datetime import datetime
from uuid import UUID

import msgspec

from services.ticketing.people.store import SQL
from shared.storage.db import Connection


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """actor_name: None for a phone, a command line and whoever was not let in."""

    id: int
    at: datetime
    actor_id: UUID | None
    actor_name: str | None
    action: str
    subject: str
    detail: str


async def audit_before(connection: Connection, before: int, action: str, limit: int) -> list[Noted]:
    """Newest first; action: "" for all."""
    rows = await connection.fetch(SQL["audit_before"], before, action, limit)
    return [msgspec.convert(dict(row), Noted) for row in rows]
