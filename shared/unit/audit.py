"""The append-only trail of what people changed. Never a name, number or secret in it: ids say who and what."""

import json
from datetime import datetime
from uuid import UUID

from shared.storage.db import Connection
from shared.unit.statements import SQL


async def note(
    connection: Connection, now: datetime, actor_id: UUID | None, action: str, subject: str, **detail: str | int | bool
) -> None:
    """Writes one line with the change it tells of. actor_id: a person or phone, None for a command line."""
    await connection.execute(SQL["append_audit"], now, actor_id, action, subject, json.dumps(detail))
