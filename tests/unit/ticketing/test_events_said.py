"""The bodies of ticketing's events, byte for byte as they were said when rows became events by equal names."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from services.ticketing.catalogue.domain.products import Category, Venue
from services.ticketing.gate.domain.scans import Admission, Scan
from services.ticketing.gate.events import scan_event
from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.pricing import PricedLine
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.events import order_event, ticket_revoked, tickets_issued
from shared.events.common import Event
from shared.events.ticketing import (
    AdmissionConflicted,
    AdmissionUndone,
    OrderCancelled,
    OrderExpired,
    OrderPlaced,
    OrderUnfulfilled,
    TicketAdmitted,
)
from shared.ids import DeviceId, OrderId, ProductId, ScanId, TicketId, VenueId
from shared.money import Dong

SAID: dict[str, str] = json.loads((Path(__file__).parent / "said_before.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 2, 17, 1, 12, 3, 250_000, tzinfo=UTC)
# By the clock on the wall it is the next day already.
SCANNED_AT = datetime(2026, 2, 18, 18, tzinfo=UTC)
HEARD_AT = SCANNED_AT + timedelta(minutes=3)
PRODUCT = ProductId("cot-co-lung-cu-entry")
VENUE = Venue(
    venue_id=VenueId("cot-co-lung-cu"),
    number=7,
    name_vi="Cột cờ Lũng Cú",
    name_en="Lũng Cú flag tower",
    kind="scenic_site",
    old_district_code="026",
    new_commune_code="00715",
    on_sale=True,
)


def line(category: str, people: int, price_vnd: int, version: str) -> PricedLine:
    return PricedLine(
        VENUE.venue_id, PRODUCT, Category(category), people, people, Dong(price_vnd), "state_fee", version
    )


ORDER = Order(
    order_id=OrderId(UUID("0199a1b2-0000-7000-8000-000000000001")),
    venue_id=VENUE.venue_id,
    product_id=PRODUCT,
    status="placed",
    lines=(line("adult", 3, 40_000, "2025-01-01"), line("child", 2, 20_000, "2025-01-02")),
    total_vnd=Dong(160_000),
    visit_on=date(2026, 2, 18),
    nights=0,
    people=5,
    ticket_mode="group",
    channel="web",
    business_date=date(2026, 2, 17),
    expires_at=NOW + timedelta(minutes=15),
    hold_until=NOW + timedelta(minutes=17),
    placed_at=NOW,
    trace_id="0af7651916cd43dd8448eb211c80319c",
    version=1,
    intent_version=2,
    reference="HG1234567X",
    qr_payload="000201",
    bank_name="VCB",
    account_number="1",
    account_name="X",
    paid_vnd=Dong(10_000),
    amount_state="partial",
)
TICKET = Ticket(
    ticket_id=TicketId(UUID("0199a1b2-0000-7000-8000-0000000000a1")),
    order_id=ORDER.order_id,
    position=0,
    venue_id=VENUE.venue_id,
    product_id=PRODUCT,
    category="mixed",
    price_kind="state_fee",
    code="HG1.X",
    short_code="0123456789",
    valid_from=date(2026, 2, 18),
    days=1,
    admits=5,
    admitted=2,
    issued_at=NOW,
    version=3,
)
SCAN = Scan(
    scan_id=ScanId(UUID("0199a1b2-0000-7000-8000-0000000000b1")),
    venue_id=VENUE.venue_id,
    device_id=DeviceId(UUID("0199a1b2-0000-7000-8000-0000000000c1")),
    ticket_id=TICKET.ticket_id,
    count=2,
    phone_verdict="admit",
    offline=True,
    occurred_at=SCANNED_AT,
)
UNDONE = Admission(
    scan_id=SCAN.scan_id,
    device_id=SCAN.device_id,
    ticket_id=TICKET.ticket_id,
    count=2,
    verdict="admitted",
    offline=True,
    occurred_at=SCANNED_AT - timedelta(seconds=20),
    recorded_at=NOW,
    undone_at=SCANNED_AT,
)
UNFULFILLED = replace(ORDER, status="expired", version=2).moved_to("unfulfilled")
EVENTS: list[Event] = [
    order_event(OrderPlaced, ORDER, VENUE, NOW),
    order_event(OrderExpired, ORDER.moved_to("expired"), VENUE, NOW),
    order_event(OrderCancelled, ORDER.moved_to("cancelled"), VENUE, NOW),
    order_event(OrderUnfulfilled, UNFULFILLED, VENUE, NOW),
    tickets_issued(ORDER.moved_to("ticketed"), (TICKET.ticket_id,), VENUE, NOW),
    scan_event(TicketAdmitted, TICKET, VENUE, SCAN, HEARD_AT),
    scan_event(AdmissionUndone, TICKET, VENUE, UNDONE, HEARD_AT),
    scan_event(AdmissionConflicted, TICKET, VENUE, SCAN, HEARD_AT),
    ticket_revoked(TICKET.revoked("bị bán hai lần"), "bị bán hai lần", VENUE, HEARD_AT),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.TYPE)
def test_the_body_of_an_event_is_what_it_was(event: Event) -> None:
    assert msgspec.json.encode(event).decode() == SAID[event.TYPE]


def test_every_recorded_body_is_compared_with_one_of_today() -> None:
    assert {event.TYPE for event in EVENTS} == set(SAID)
