"""Seals on rows that must never change, each over the one before it, so that a change by whoever may do all is found.

Each new seal goes to the log too: who keeps that elsewhere can also tell seals that were all made anew.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.observe.log import Log
from shared.storage.db import PASSES, Connection, Pool
from shared.unit.findings import Finding
from shared.unit.statements import SQL

log = Log(__name__)
SEAL_EVERY_S = 10.0
# By then whoever wrote a row has committed it: a statement may take 30 s, and so may the pause after it.
_SETTLED_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table whose rows are sealed: the statements that seal its next rows, and that count its broken seals."""

    table: str
    seal: str
    broken: str


AUDIT = Sealed("audit", SQL["seal_audit"], SQL["broken_seals_of_audit"])


async def seal(pool: Pool, clock: Clock, sealed: Sealed) -> None:
    """Seals the rows that are older than a minute, some thousands at most."""
    now = clock()
    row = await pool.fetchrow(sealed.seal, now - _SETTLED_AFTER, now)
    if row is not None:
        log.info("sealed", table=sealed.table, up_to=row["up_to"], hash=row["hash"])


async def keep_audit_sealed(pool: Pool, clock: Clock) -> None:
    """Seals the trail for as long as it runs, where there is no relay whose timer would do it."""
    while True:
        try:
            await seal(pool, clock, AUDIT)
        except PASSES as error:
            log.warning("not_sealed", table=AUDIT.table, error=type(error).__name__)
        await asyncio.sleep(SEAL_EVERY_S)


async def verify_seals(connection: Connection, sealed: Sealed) -> Finding:
    """Reads every sealed row: for a command, never for a timer."""
    row = await connection.fetchrow(sealed.broken)
    assert row is not None
    return Finding(f"{sealed.table}_as_sealed", row["broken"] == 0, {"seals": row["seals"], "broken": row["broken"]})


async def verify_audit(pool: Pool) -> list[Finding]:
    async with pool.acquire() as connection:
        return [await verify_seals(connection, AUDIT)]
