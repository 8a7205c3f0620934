"""Cash as the event that tells of it; who recorded it is never told."""

from datetime import datetime

from services.payments.cash.domain import Cash
from services.payments.intents.domain.charges import amount_line
from services.payments.intents.events import line_told
from services.payments.merchants.domain import Venue
from shared.events.common import Place
from shared.events.payments import CashRecorded


def cash_told(cash: Cash, venue: Venue, now: datetime) -> CashRecorded:
    return CashRecorded(
        version=cash.version,
        occurred_at=cash.occurred_at,
        recorded_at=now,
        cash_id=cash.cash_id,
        merchant_id=cash.merchant_id,
        place=Place(
            venue_id=venue.venue_id,
            old_district_code=venue.old_district_code,
            new_commune_code=venue.new_commune_code,
        ),
        status=cash.status,
        amount_vnd=cash.amount_vnd,
        lines=(line_told(amount_line(cash.venue_id, cash.amount_vnd)),),
        channel="owner",
        tender="cash",
        business_date=cash.business_date,
        offline=cash.offline,
    )
