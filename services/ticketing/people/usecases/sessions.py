"""Sessions: begun by signing in, ended by signing out, by their person from elsewhere, and by a new secret."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.ticketing.people.events import passes_ended
from services.ticketing.people.store import sessions as session_store
from services.ticketing.people.store.sessions import OpenSession
from shared.errors import NotFound
from shared.ids import PersonId
from shared.passes import revocations
from shared.unit import audit
from shared.unit.tx import Tx


class UnknownSession(NotFound):
    """It was never theirs, or is over."""

    code = "unknown_session"


@dataclass(frozen=True, slots=True)
class EndSession:
    """session_id: None for a pass from before there were sessions, of which nothing is left but the cookie."""

    person_id: PersonId
    session_id: UUID | None


async def end_session(tx: Tx, command: EndSession, now: datetime) -> bool:
    """Whether it ended now: not if it is another person's or over. Every service hears of it."""
    session_id = command.session_id
    if session_id is None or not await session_store.end_session(tx.connection, session_id, command.person_id, now):
        return False
    await _end(tx, session_id, now)
    await audit.note(tx.connection, now, command.person_id, "signed_out", f"person:{command.person_id}")
    return True


@dataclass(frozen=True, slots=True)
class EndOtherSessions:
    """kept: the session that asks, None for a pass from before there were sessions."""

    person_id: PersonId
    kept: UUID | None


async def end_other_sessions(tx: Tx, command: EndOtherSessions, now: datetime) -> int:
    """How many ended."""
    ended = await session_store.end_sessions_of_person(tx.connection, command.person_id, command.kept, now)
    for session_id in ended:
        await _end(tx, session_id, now)
    if ended:
        subject = f"person:{command.person_id}"
        await audit.note(tx.connection, now, command.person_id, "others_signed_out", subject, sessions=len(ended))
    return len(ended)


async def end_passes_of_person(tx: Tx, person_id: PersonId, version: int, now: datetime, kept: UUID | None) -> None:
    """Every pass of theirs that was issued before now; the row of the session kept stays, for a fresh pass of it."""
    await session_store.end_sessions_of_person(tx.connection, person_id, kept, now)
    await revocations.end_passes(tx.connection, person_id, now)
    tx.emit(passes_ended(person_id, version, now))


@dataclass(frozen=True, slots=True)
class SeeSessions:
    person_id: PersonId


async def see_sessions(tx: Tx, command: SeeSessions, now: datetime) -> list[OpenSession]:
    return await session_store.open_sessions(tx.connection, command.person_id, now)


async def _end(tx: Tx, session_id: UUID, now: datetime) -> None:
    # A pass is issued with its session and, for who changes the own secret, once more: all of them are before now.
    await revocations.end_passes(tx.connection, session_id, now)
    tx.emit(passes_ended(session_id, 1, now))
