"""Whom the trail of what people did names. It is written and read by shared/unit/audit.py, and changed by nobody."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from services.ticketing.people.domain import DeviceKind
from services.ticketing.people.store import SQL
from shared.events.words import PersonRole
from shared.storage.db import Connection


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """A person or phone as they are now."""

    id: UUID
    what: Literal["person", "phone"]
    name: str
    kind: PersonRole | DeviceKind


async def people_and_phones(connection: Connection, ids: Sequence[UUID]) -> list[Present]:
    """Those that there are, also revoked ones."""
    return [msgspec.convert(dict(row), Present) for row in await connection.fetch(SQL["people_and_phones"], ids)]
