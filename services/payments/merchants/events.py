"""Merchants as the event that tells of them; their account stays here."""

from datetime import datetime

from services.payments.merchants.domain import Merchant
from shared.events.payments import MerchantChanged


def merchant_told(merchant: Merchant, now: datetime) -> MerchantChanged:
    return MerchantChanged(
        version=merchant.version,
        occurred_at=now,
        recorded_at=now,
        merchant_id=merchant.merchant_id,
        venue_id=merchant.venue_id,
        name=merchant.name,
        bank_bin=merchant.bank_bin,
        active=merchant.active,
    )
