"""The passes that are no longer honoured: whose, and from before when. In memory, read anew at every wake-up."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from shared.clock import until
from shared.events.ticketing import DeviceRevoked, PassesEnded, PersonRevoked
from shared.observe.log import Log
from shared.storage.db import PASSES, Connection, Pool
from shared.storage.sql import load
from shared.unit.tx import Tx
from shared.unit.wake import Waker

SQL = load(Path(__file__).parent / "sql")
log = Log(__name__)
_POLL_S = 2.0
# Every commit wakes; reading the table at each of hundreds a second would help nobody.
_PAUSE_S = 0.1
# A row is written before it can be seen, so each reading begins a little before the newest row of the last one.
_LOOK_BACK = timedelta(minutes=5)


class Revocations:
    """`end(subject_id, issued_at)`; what was known stays while the database is away."""

    def __init__(self, pool: Pool, waker: Waker) -> None:
        self._pool = pool
        self._woken = waker.listen()
        self._revoked: frozenset[UUID] = frozenset()
        self._not_before: dict[UUID, datetime] = {}
        self._read_to: datetime | None = None

    def end(self, subject_id: UUID | None, issued_at: datetime) -> bool:
        """Whether a pass of this person, phone or session that was issued then is honoured no more."""
        if subject_id is None:
            return False
        not_before = self._not_before.get(subject_id)
        return subject_id in self._revoked or (not_before is not None and issued_at < not_before)

    async def refresh(self) -> None:
        self._revoked = frozenset(row["subject_id"] for row in await self._pool.fetch(SQL["revoked_subjects"]))
        since = None if self._read_to is None else self._read_to - _LOOK_BACK
        for row in await self._pool.fetch(SQL["passes_ended_since"], since):
            self._not_before[row["subject_id"]] = row["not_before"]
            self._read_to = row["at"]

    async def run(self) -> None:
        """Keeps up for as long as it runs: at a wake-up, and every 2 s anyway."""
        while True:
            self._woken.clear()
            try:
                await self.refresh()
            except PASSES as error:
                log.warning("revocations_not_read", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_S)
            await until(self._woken, seconds=_POLL_S)


async def revoke(connection: Connection, subject_id: UUID) -> None:
    """Moments after the commit, no pass of this person or phone is honoured by this service."""
    await connection.execute(SQL["revoke_subject"], subject_id)


async def end_passes(connection: Connection, subject_id: UUID, not_before: datetime) -> None:
    """The same for those of this person, phone or session that were issued before; later ones are good."""
    await connection.execute(SQL["end_passes"], subject_id, not_before)


async def note_person_revoked(tx: Tx, event: PersonRevoked, _now: datetime) -> None:
    """The use-case of every service but ticketing, which revokes by itself."""
    await revoke(tx.connection, event.person_id)


async def note_device_revoked(tx: Tx, event: DeviceRevoked, _now: datetime) -> None:
    await revoke(tx.connection, event.device_id)


async def note_passes_ended(tx: Tx, event: PassesEnded, _now: datetime) -> None:
    await end_passes(tx.connection, event.subject_id, event.not_before)
