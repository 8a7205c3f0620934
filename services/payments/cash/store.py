"""Cash as rows. Whoever changes one has locked it, works out its next version by the rules, and writes that."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from services.payments.cash.domain import Cash
from shared.ids import CashId, PersonId, VenueId
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def insert_cash(connection: Connection, cash: Cash, person_id: PersonId) -> None:
    """person_id: who recorded it."""
    await connection.execute(
        SQL["insert_cash"],
        cash.cash_id,
        cash.merchant_id,
        cash.venue_id,
        cash.status,
        cash.amount_vnd,
        cash.business_date,
        cash.occurred_at,
        cash.recorded_at,
        cash.offline,
        person_id,
        cash.version,
    )


async def find_cash(connection: Connection, cash_id: CashId, venues: Sequence[VenueId]) -> Cash | None:
    """The cash, if it was taken at one of these venues."""
    row = await connection.fetchrow(SQL["find_cash"], cash_id, venues)
    return None if row is None else msgspec.convert(dict(row), Cash)


async def lock_cash(connection: Connection, cash_id: CashId, venues: Sequence[VenueId]) -> Cash | None:
    """As find_cash, and nobody else changes it before the end of the transaction."""
    row = await connection.fetchrow(SQL["lock_cash"], cash_id, venues)
    return None if row is None else msgspec.convert(dict(row), Cash)


async def update_cash(connection: Connection, cash: Cash) -> None:
    """Writes the next version of cash that this transaction has locked."""
    written = await connection.fetchval(SQL["update_cash"], cash.cash_id, cash.version, cash.status)
    assert written is not None, "the cash was not locked"
