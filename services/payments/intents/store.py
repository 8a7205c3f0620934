"""Intents, venues and merchants as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec

from services.payments.merchants.domain import Merchant
from shared.events.common import Line, Place
from shared.events.words import AmountState, Channel, IntentStatus, Timing
from shared.ids import IntentId, MerchantId, OrderId, VenueId
from shared.money import Dong
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """A row of intents: what is due, what came, and the account as it was shown to the payer."""

    intent_id: IntentId
    order_id: OrderId
    merchant_id: MerchantId
    venue_id: VenueId
    old_district_code: str
    new_commune_code: str
    status: IntentStatus
    amount_state: AmountState
    timing: Timing
    amount_vnd: Dong
    paid_vnd: Dong
    lines: tuple[Line, ...]
    channel: Channel
    business_date: date
    expires_at: datetime
    reference: str
    qr_payload: str
    bank_bin: str
    account_number: str
    account_name: str
    trace_id: str
    opened_at: datetime
    settled_at: datetime | None
    version: int

    @property
    def place(self) -> Place:
        return Place(
            venue_id=self.venue_id,
            old_district_code=self.old_district_code,
            new_commune_code=self.new_commune_code,
        )


@dataclass(frozen=True, slots=True)
class Visit:
    """What an order is for; nights is 0 for a visit without a stay."""

    on: date
    nights: int
    people: int


@dataclass(frozen=True, slots=True)
class NewIntent:
    """`visit` is None for an amount that a host just asks for."""

    intent_id: IntentId
    order_id: OrderId
    place: Place
    merchant: Merchant
    lines: tuple[Line, ...]
    amount_vnd: Dong
    channel: Channel
    business_date: date
    expires_at: datetime
    reference: str
    qr_payload: str
    trace_id: str
    visit: Visit | None


@dataclass(frozen=True, slots=True)
class Payment:
    """What one transfer changes on an intent. `qr_payload` asks for what is due after it."""

    intent_id: IntentId
    allocated_vnd: Dong
    status: IntentStatus
    amount_state: AmountState
    timing: Timing
    qr_payload: str


async def insert_intent(connection: Connection, new: NewIntent, now: datetime) -> Intent | None:
    """The intent as stored, or None when the order has one already."""
    row = await connection.fetchrow(
        SQL["insert_intent"],
        new.intent_id,
        new.order_id,
        new.merchant.merchant_id,
        new.place.venue_id,
        new.place.old_district_code,
        new.place.new_commune_code,
        new.amount_vnd,
        msgspec.json.encode(new.lines).decode(),
        new.channel,
        new.business_date,
        new.expires_at,
        new.reference,
        new.qr_payload,
        new.merchant.bank_bin,
        new.merchant.account_number,
        new.merchant.account_name,
        new.trace_id,
        now,
        *((new.visit.on, new.visit.nights, new.visit.people) if new.visit else (None, None, None)),
    )
    return None if row is None else _intent(dict(row))


async def intents_by_reference(connection: Connection, references: list[str]) -> list[Intent]:
    """The intents of these references, locked in the order of their ids."""
    return [_intent(dict(row)) for row in await connection.fetch(SQL["intents_by_reference"], references)]


async def find_intent_of_order(connection: Connection, order_id: OrderId) -> Intent | None:
    row = await connection.fetchrow(SQL["find_intent_of_order"], order_id)
    return None if row is None else _intent(dict(row))


async def lock_intent_of_order(connection: Connection, order_id: OrderId) -> Intent | None:
    """As find_intent_of_order, and no transfer pays it before the end of the transaction."""
    row = await connection.fetchrow(SQL["lock_intent_of_order"], order_id)
    return None if row is None else _intent(dict(row))


async def pay_intent(connection: Connection, payment: Payment, now: datetime) -> Intent:
    row = await connection.fetchrow(
        SQL["pay_intent"],
        payment.intent_id,
        payment.allocated_vnd,
        payment.status,
        payment.amount_state,
        payment.timing,
        payment.qr_payload,
        now,
    )
    assert row is not None
    return _intent(dict(row))


async def expire_intent(connection: Connection, intent_id: IntentId, status: IntentStatus) -> None:
    """Notes the state after the deadline; what came so far stays."""
    await connection.execute(SQL["expire_intent"], intent_id, status)


async def cancel_intent(connection: Connection, intent_id: IntentId, status: IntentStatus) -> Intent:
    """Notes the state of an intent whose money, if it had any, went to suspense."""
    row = await connection.fetchrow(SQL["cancel_intent"], intent_id, status)
    assert row is not None
    return _intent(dict(row))


def _intent(row: dict[str, object]) -> Intent:
    lines = msgspec.json.decode(str(row["lines"]), type=tuple[Line, ...])
    return msgspec.convert({**row, "lines": lines}, Intent)
