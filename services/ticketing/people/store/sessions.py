"""Sessions as rows: who is signed in where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from services.ticketing.people.store import SQL
from shared.ids import PersonId
from shared.passes.auth import Pass
from shared.storage.db import Connection


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody comes in, as far as it is kept: the address in short, and what the browser says that it is."""

    address: str = ""
    browser: str = ""


NOWHERE = Place()


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that still admits. phone: the name of the paired phone, "" if it has none; None in a browser alone."""

    session_id: UUID
    device_id: UUID | None
    phone: str | None
    address: str
    browser: str
    started_at: datetime


async def insert_session(connection: Connection, issued: Pass, place: Place) -> None:
    await connection.execute(
        SQL["insert_session"],
        issued.session_id,
        issued.subject_id,
        issued.device_id,
        place.address,
        place.browser,
        issued.issued_at,
        issued.expires_at,
    )


async def end_session(connection: Connection, session_id: UUID, person_id: PersonId, now: datetime) -> bool:
    """False if it is not theirs, or ended before."""
    return await connection.fetchval(SQL["end_session"], session_id, person_id, now) is not None


async def end_sessions_of_person(
    connection: Connection, person_id: PersonId, kept: UUID | None, now: datetime
) -> Sequence[UUID]:
    """The sessions that ended now: all but the one kept."""
    rows = await connection.fetch(SQL["end_sessions_of_person"], person_id, kept, now)
    return [row["session_id"] for row in rows]


async def open_sessions(connection: Connection, person_id: PersonId, now: datetime) -> list[OpenSession]:
    return [
        msgspec.convert(dict(row), OpenSession) for row in await connection.fetch(SQL["open_sessions"], person_id, now)
    ]


async def delete_old_sessions(connection: Connection, before: datetime) -> None:
    await connection.execute(SQL["delete_old_sessions"], before)
