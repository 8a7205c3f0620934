"""What an owner sees of a day, read from several rooms' rows: sums, the last takings and what just came in."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec

from services.payments.books.domain import allocated
from shared.events.words import CashStatus, Channel, IntentStatus
from shared.ids import IntentId, TransferId, VenueId
from shared.money import Dong
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


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
    state: IntentStatus | CashStatus
    channel: Channel
    visit_on: date | None
    nights: int | None
    people: int | None


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What one transfer brought to an intent."""

    transfer_id: TransferId
    amount_vnd: Dong


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


async def surplus_of_intent(connection: Connection, intent_id: IntentId) -> Dong:
    """What came beyond the amount due, and waits to go back."""
    return Dong(int(await connection.fetchval(SQL["surplus_of_intent"], allocated(intent_id).name)))
