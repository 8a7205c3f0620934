"""Intents as rows. Whoever changes one has locked it, works out its next version by the rules, and writes that."""

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from services.payments.intents.domain.intents import Intent, PricedLine, Visit
from shared.ids import IntentId, OrderId, VenueId
from shared.storage.db import Connection, Record
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def insert_intents(connection: Connection, new: Sequence[tuple[Intent, Visit | None]]) -> set[IntentId]:
    """Those opened: not so those whose order or charge has an intent already."""
    if not new:
        return set()
    intents, visits = [intent for intent, _ in new], [visit for _, visit in new]
    rows = await connection.fetch(
        SQL["insert_intents"],
        [intent.intent_id for intent in intents],
        [intent.source for intent in intents],
        [intent.order_id for intent in intents],
        [intent.merchant_id for intent in intents],
        [intent.venue_id for intent in intents],
        [intent.old_district_code for intent in intents],
        [intent.new_commune_code for intent in intents],
        [intent.status for intent in intents],
        [intent.amount_state for intent in intents],
        [intent.timing for intent in intents],
        [intent.amount_vnd for intent in intents],
        [msgspec.json.encode(intent.lines).decode() for intent in intents],
        [intent.channel for intent in intents],
        [intent.business_date for intent in intents],
        [intent.expires_at for intent in intents],
        [intent.reference for intent in intents],
        [intent.qr_payload for intent in intents],
        [intent.bank_bin for intent in intents],
        [intent.account_number for intent in intents],
        [intent.account_name for intent in intents],
        [intent.trace_id for intent in intents],
        [intent.opened_at for intent in intents],
        [visit and visit.on for visit in visits],
        [visit and visit.nights for visit in visits],
        [visit and visit.people for visit in visits],
        [intent.version for intent in intents],
    )
    return {IntentId(row["intent_id"]) for row in rows}


async def intents_by_reference(connection: Connection, references: Collection[str]) -> dict[str, Intent]:
    """The intents of these references, locked in the order of their ids."""
    intents = [_intent(row) for row in await connection.fetch(SQL["intents_by_reference"], list(references))]
    return {intent.reference: intent for intent in intents}


async def lock_intents_of_orders(connection: Connection, order_ids: Collection[OrderId]) -> dict[OrderId, Intent]:
    """The intents of orders of ticketing; no transfer pays them before the end of the transaction."""
    intents = [_intent(row) for row in await connection.fetch(SQL["lock_intents_of_orders"], list(order_ids))]
    return {intent.order_id: intent for intent in intents}


async def find_charge(connection: Connection, order_id: OrderId, venues: tuple[VenueId, ...]) -> Intent | None:
    """The charge, if it was made at one of these venues."""
    row = await connection.fetchrow(SQL["find_charge"], order_id, venues)
    return None if row is None else _intent(row)


async def update_intents(connection: Connection, intents: Sequence[tuple[int, Intent]]) -> None:
    """Writes what has become of intents that this transaction has locked, each with the version that it had then."""
    written = await connection.fetch(
        SQL["update_intents"],
        [intent.intent_id for _, intent in intents],
        [version for version, _ in intents],
        [intent.version for _, intent in intents],
        [intent.status for _, intent in intents],
        [intent.amount_state for _, intent in intents],
        [intent.timing for _, intent in intents],
        [intent.paid_vnd for _, intent in intents],
        [intent.qr_payload for _, intent in intents],
        [intent.settled_at for _, intent in intents],
    )
    assert len(written) == len(intents), "an intent was not locked"


def _intent(row: Record) -> Intent:
    lines = msgspec.json.decode(row["lines"], type=tuple[PricedLine, ...])
    return msgspec.convert({**row, "lines": lines}, Intent)
