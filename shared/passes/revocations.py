"""The people and phones whose passes are no longer honoured, held in memory and read anew at every wake-up."""

import asyncio
from datetime import datetime
from pathlib import Path
from uuid import UUID

from shared.clock import until
from shared.events.ticketing import DeviceRevoked, PersonRevoked
from shared.observe.log import Log
from shared.storage.db import PASSES, Connection, Pool
from shared.storage.sql import load
from shared.unit.unit import Tx
from shared.unit.wake import Waker

SQL = load(Path(__file__).parent / "sql")
log = Log(__name__)
_POLL_S = 2.0
# Every commit wakes; reading the table at each of hundreds a second would help nobody.
_PAUSE_S = 0.1


class Revocations:
    """`subject_id in revocations`; what was known stays while the database is away."""

    def __init__(self, pool: Pool, waker: Waker) -> None:
        self._pool = pool
        self._woken = waker.listen()
        self._revoked: frozenset[UUID] = frozenset()

    def __contains__(self, subject_id: UUID | None) -> bool:
        return subject_id in self._revoked

    async def refresh(self) -> None:
        self._revoked = frozenset(row["subject_id"] for row in await self._pool.fetch(SQL["revoked_subjects"]))

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


async def note_person_revoked(tx: Tx, event: PersonRevoked, _now: datetime) -> None:
    """The use-case of every service but ticketing, which revokes by itself."""
    await revoke(tx.connection, event.person_id)


async def note_device_revoked(tx: Tx, event: DeviceRevoked, _now: datetime) -> None:
    await revoke(tx.connection, event.device_id)
