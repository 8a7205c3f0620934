"""Money that waits for a person, as the event that tells of it. The payer is never told of."""

from datetime import datetime

from services.payments.merchants.domain import Venue
from services.payments.transfers.domain.transfers import SuspendedMoney, Waiting
from shared.events.common import Place
from shared.events.payments import TransferSuspendedV2


def suspended_money_told(
    suspended: SuspendedMoney, waiting: Waiting, venue: Venue, occurred_at: datetime, now: datetime
) -> TransferSuspendedV2:
    return TransferSuspendedV2(
        version=waiting.version,
        occurred_at=occurred_at,
        recorded_at=now,
        transfer_id=suspended.transfer_id,
        merchant_id=suspended.merchant_id,
        place=Place(
            venue_id=venue.venue_id,
            old_district_code=venue.old_district_code,
            new_commune_code=venue.new_commune_code,
        ),
        amount_vnd=waiting.amount_vnd,
        reason=suspended.reason,
        order_id=suspended.order_id,
        bank_code=waiting.bank_code,
    )
