"""Cash as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from services.payments.merchants.domain import Merchant
from shared.events.words import CashStatus
from shared.ids import CashId, MerchantId, PersonId, VenueId
from shared.money import Dong
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


class Cash(msgspec.Struct, frozen=True, kw_only=True):
    """A row of cash; who recorded it stays in the database."""

    cash_id: CashId
    merchant_id: MerchantId
    venue_id: VenueId
    status: CashStatus
    amount_vnd: Dong
    business_date: date
    occurred_at: datetime
    recorded_at: datetime
    offline: bool
    version: int


@dataclass(frozen=True, slots=True)
class NewCash:
    cash_id: CashId
    merchant: Merchant
    amount_vnd: Dong
    business_date: date
    person_id: PersonId


async def insert_cash(connection: Connection, new: NewCash, now: datetime) -> Cash:
    row = await connection.fetchrow(
        SQL["insert_cash"],
        new.cash_id,
        new.merchant.merchant_id,
        new.merchant.venue_id,
        new.amount_vnd,
        new.business_date,
        now,
        new.person_id,
    )
    assert row is not None
    return msgspec.convert(dict(row), Cash)


async def find_cash(connection: Connection, cash_id: CashId, venues: Sequence[VenueId]) -> Cash | None:
    """The cash, if it was taken at one of these venues."""
    row = await connection.fetchrow(SQL["find_cash"], cash_id, venues)
    return None if row is None else msgspec.convert(dict(row), Cash)


async def lock_cash(connection: Connection, cash_id: CashId, venues: Sequence[VenueId]) -> Cash | None:
    """As find_cash, and nobody else changes it before the end of the transaction."""
    row = await connection.fetchrow(SQL["lock_cash"], cash_id, venues)
    return None if row is None else msgspec.convert(dict(row), Cash)


async def undo_cash(connection: Connection, cash_id: CashId) -> Cash:
    row = await connection.fetchrow(SQL["undo_cash"], cash_id)
    assert row is not None
    return msgspec.convert(dict(row), Cash)
