"""What payments' tests start from: an intent, an order, and the migrations of an older release."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from services.payments.intents.domain.charges import amount_line
from services.payments.intents.domain.intents import Intent
from services.payments.intents.domain.references import Reference
from services.payments.intents.events import line_told
from shared.events.common import Place
from shared.events.ticketing import OrderPlaced
from shared.ids import IntentId, MerchantId, OrderId, VenueId, uuid7
from shared.money import Dong

MIGRATIONS = Path("services/payments/migrations")
OPENED = datetime(2026, 11, 1, 3, tzinfo=UTC)


def open_intent_of(amount_vnd: int, reference: str, account: str, *, number: int = 1) -> Intent:
    """An open intent of an order of this number, which may be paid for a quarter of an hour."""
    venue_id = VenueId("nha-vuong-sa-phin")
    return Intent(
        intent_id=IntentId(UUID(int=number)),
        source="order",
        order_id=OrderId(UUID(int=1000 + number)),
        merchant_id=MerchantId("nha-vuong"),
        venue_id=venue_id,
        old_district_code="026",
        new_commune_code="00715",
        amount_vnd=Dong(amount_vnd),
        lines=(amount_line(venue_id, Dong(amount_vnd)),),
        channel="web",
        business_date=date(2026, 11, 1),
        expires_at=OPENED + timedelta(minutes=15),
        reference=Reference(reference),
        qr_payload="",
        bank_bin="970436",
        account_number=account,
        account_name="DEMO",
        trace_id="",
        opened_at=OPENED,
    )


def placed_order(venue_id: VenueId, total_vnd: int, now: datetime, order_id: OrderId | None = None) -> OrderPlaced:
    """What ticketing says of an order of one line at a venue."""
    return OrderPlaced(
        version=1,
        occurred_at=now,
        recorded_at=now,
        order_id=order_id or OrderId(uuid7()),
        status="placed",
        place=Place(venue_id=venue_id, old_district_code="026", new_commune_code="00715"),
        lines=(line_told(amount_line(venue_id, Dong(total_vnd))),),
        total_vnd=Dong(total_vnd),
        visit_on=date(2026, 12, 5),
        nights=2,
        group_size=3,
        channel="web",
        business_date=date(2026, 11, 24),
        expires_at=now + timedelta(minutes=15),
    )


def first_migrations(folder: Path, count: int) -> Path:
    """A folder with the first migrations of payments alone, as an older release has it."""
    older = folder / "payments" / "migrations"
    older.mkdir(parents=True, exist_ok=True)
    for file in sorted(MIGRATIONS.glob("*.sql"))[:count]:
        (older / file.name).write_bytes(file.read_bytes())
    return older
