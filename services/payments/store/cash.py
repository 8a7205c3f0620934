"""Cash as rows, and what an owner sees of a day: sums and the last takings of one venue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from services.payments.store import SQL
from services.payments.store.intents import Intent, Merchant
from shared.events.common import Channel
from shared.ids import CashId, MerchantId, PersonId, TransferId, VenueId
from shared.money import Dong
from shared.storage.db import Connection


class Cash(msgspec.Struct, frozen=True, kw_only=True):
    """A row of cash; who recorded it stays in the database."""

    cash_id: CashId
    merchant_id: MerchantId
    venue_id: VenueId
    status: Literal["recorded", "undone"]
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


@dataclass(frozen=True, slots=True)
class Day:
    """What a venue took on one business date, settled transfers beside recorded cash."""

    cashless_vnd: Dong
    cash_vnd: Dong


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the list; `id` is the order of a transfer, else the cash. Only an online order knows its visit."""

    kind: Literal["transfer", "cash"]
    id: UUID
    at: datetime
    amount_vnd: Dong
    paid_vnd: Dong
    state: str
    channel: Channel
    visit_on: date | None
    nights: int | None
    people: int | None


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What one transfer brought to an intent."""

    transfer_id: TransferId
    amount_vnd: Dong


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


async def day_of_venue(connection: Connection, venue_id: VenueId, on: date) -> Day:
    row = await connection.fetchrow(SQL["day_of_venue"], venue_id, on)
    assert row is not None
    return Day(Dong(row["cashless_vnd"]), Dong(row["cash_vnd"]))


async def last_takings(
    connection: Connection, venue_id: VenueId, since: date, now: datetime, limit: int
) -> list[Taking]:
    """The newest first: money that came, cash also if undone, and charges that wait for their money now."""
    rows = await connection.fetch(SQL["last_takings"], venue_id, since, now, limit)
    return [msgspec.convert(dict(row), Taking) for row in rows]


async def last_received(
    connection: Connection, venue_id: VenueId, since: date, since_at: datetime, limit: int
) -> list[Received]:
    """Transfers that paid intents of this venue, the newest first; since: of intents, since_at: of the money."""
    rows = await connection.fetch(SQL["last_received"], venue_id, since, since_at, limit)
    return [msgspec.convert(dict(row), Received) for row in rows]


async def names_of_venues(connection: Connection, venues: Sequence[VenueId]) -> dict[VenueId, dict[str, str]]:
    """Each venue's name by language, in the order given; its id, where ticketing has not told of it yet."""
    rows = await connection.fetch(SQL["names_of_venues"], venues)
    known = {row["venue_id"]: {"vi": row["name_vi"], "en": row["name_en"]} for row in rows}
    return {venue_id: known.get(venue_id, {"vi": venue_id, "en": venue_id}) for venue_id in venues}


async def surplus_of_intent(connection: Connection, intent: Intent) -> Dong:
    """What came beyond the amount due, and waits to go back."""
    return Dong(int(await connection.fetchval(SQL["surplus_of_intent"], f"allocated:{intent.intent_id}")))
