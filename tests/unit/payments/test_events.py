"""What payments says, word for word as the release said it that made the events by the equal names of columns."""

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from services.payments.cash.domain import Cash
from services.payments.cash.events import cash_told
from services.payments.intents.domain.intents import Intent, PricedLine
from services.payments.intents.domain.references import Reference
from services.payments.intents.events import intent_told, payment_told
from services.payments.merchants.domain import Venue
from shared.events.common import Event
from shared.events.payments import IntentCancelled, IntentOpened
from shared.ids import CashId, IntentId, MerchantId, OrderId, ProductId, TransferId, VenueId
from shared.money import Dong

RECORDED = Path("tests/fixtures/payments/event-bodies.jsonl")
VENUE = Venue(VenueId("nha-vuong-sa-phin"), "026", "00715")
MERCHANT = MerchantId("nha-vuong")
OPENED = datetime(2026, 11, 24, 2, tzinfo=UTC)
HAPPENED = datetime(2026, 11, 24, 2, 0, 0, 123456, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 2, 0, 1, tzinfo=UTC)
TRANSFER = TransferId(UUID(int=5))
INTENT = Intent(
    intent_id=IntentId(UUID(int=1)),
    source="order",
    order_id=OrderId(UUID(int=2)),
    merchant_id=MERCHANT,
    venue_id=VENUE.venue_id,
    old_district_code="026",
    new_commune_code="00715",
    status="settled",
    amount_state="over",
    timing="late",
    amount_vnd=Dong(60_000),
    paid_vnd=Dong(60_000),
    lines=(
        PricedLine(
            venue_id=VENUE.venue_id,
            product_id=ProductId("palace-entry"),
            category="adult",
            count=2,
            unit_price_vnd=Dong(30_000),
            price_kind="state_fee",
            tariff_version="2026-1",
        ),
    ),
    channel="web",
    business_date=date(2026, 11, 24),
    expires_at=datetime(2026, 11, 24, 2, 15, tzinfo=UTC),
    reference=Reference("HG4K7P2M9E"),
    qr_payload="000201",
    bank_bin="970436",
    account_number="1031900078",
    account_name="DEMO",
    trace_id="0af7651916cd43dd8448eb211c80319c",
    opened_at=OPENED,
    settled_at=HAPPENED,
    version=3,
)
CASH = Cash(
    cash_id=CashId(UUID(int=6)),
    merchant_id=MERCHANT,
    venue_id=VENUE.venue_id,
    status="undone",
    amount_vnd=Dong(120_000),
    business_date=date(2026, 11, 24),
    occurred_at=OPENED,
    recorded_at=OPENED,
    version=2,
)


def said() -> list[Event]:
    part, whole = replace(INTENT, status="partial"), INTENT
    return [
        intent_told(IntentOpened, INTENT, HAPPENED, NOW),
        intent_told(IntentCancelled, INTENT, HAPPENED, NOW),
        msgspec.structs.replace(payment_told(part, TRANSFER, "970436", HAPPENED, NOW), status="settled"),
        payment_told(whole, TRANSFER, "970436", HAPPENED, NOW),
        cash_told(CASH, VENUE, NOW),
    ]


def test_each_event_says_byte_for_byte_what_it_said_before() -> None:
    recorded = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
    assert [type(event).__name__ for event in said()] == [line["type"] for line in recorded]
    bodies = [json.dumps(line["body"], separators=(",", ":"), ensure_ascii=False) for line in recorded]
    assert [msgspec.json.encode(event).decode() for event in said()] == bodies


def test_what_stays_in_the_database_is_in_no_event() -> None:
    private = {"source", "trace_id", "opened_at", "settled_at"}
    assert private < {field.name for field in fields(Intent)}
    assert [event for event in said() if private & set(event.__struct_fields__)] == []
