"""Intents as rows. Whoever changes one has locked it, works out its next version by the rules, and writes that."""

from pathlib import Path

import msgspec

from services.payments.intents.domain.intents import Intent, PricedLine, Visit
from shared.ids import OrderId, VenueId
from shared.storage.db import Connection, Record
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def insert_intent(connection: Connection, intent: Intent, visit: Visit | None) -> bool:
    """False if its order or charge has an intent already."""
    inserted = await connection.fetchval(
        SQL["insert_intent"],
        intent.intent_id,
        intent.source,
        intent.order_id,
        intent.merchant_id,
        intent.venue_id,
        intent.old_district_code,
        intent.new_commune_code,
        intent.status,
        intent.amount_state,
        intent.timing,
        intent.amount_vnd,
        msgspec.json.encode(intent.lines).decode(),
        intent.channel,
        intent.business_date,
        intent.expires_at,
        intent.reference,
        intent.qr_payload,
        intent.bank_bin,
        intent.account_number,
        intent.account_name,
        intent.trace_id,
        intent.opened_at,
        *((visit.on, visit.nights, visit.people) if visit else (None, None, None)),
        intent.version,
    )
    return inserted is not None


async def intents_by_reference(connection: Connection, references: list[str]) -> list[Intent]:
    """The intents of these references, locked in the order of their ids."""
    return [_intent(row) for row in await connection.fetch(SQL["intents_by_reference"], references)]


async def lock_intent_of_order(connection: Connection, order_id: OrderId) -> Intent | None:
    """The intent of an order of ticketing; no transfer pays it before the end of the transaction."""
    row = await connection.fetchrow(SQL["lock_intent_of_order"], order_id)
    return None if row is None else _intent(row)


async def find_charge(connection: Connection, order_id: OrderId, venues: tuple[VenueId, ...]) -> Intent | None:
    """The charge, if it was made at one of these venues."""
    row = await connection.fetchrow(SQL["find_charge"], order_id, venues)
    return None if row is None else _intent(row)


async def update_intent(connection: Connection, intent: Intent) -> None:
    """Writes the next version of an intent that this transaction has locked."""
    written = await connection.fetchval(
        SQL["update_intent"],
        intent.intent_id,
        intent.version,
        intent.status,
        intent.amount_state,
        intent.timing,
        intent.paid_vnd,
        intent.qr_payload,
        intent.settled_at,
    )
    assert written is not None, "the intent was not locked"


def _intent(row: Record) -> Intent:
    lines = msgspec.json.decode(row["lines"], type=tuple[PricedLine, ...])
    return msgspec.convert({**row, "lines": lines}, Intent)
