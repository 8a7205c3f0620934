"""Who is paid where: merchants from the seed, venues as ticketing tells of them."""

from collections.abc import Sequence
from datetime import datetime

from services.payments.merchants.domain import Merchant
from services.payments.merchants.events import merchant_told
from services.payments.merchants.store import upsert_merchant, upsert_venue
from shared.events.ticketing import VenueChanged
from shared.unit.tx import Tx


async def load_merchants(tx: Tx, merchants: Sequence[Merchant], now: datetime) -> int:
    """How many were new; what is there stays as it is."""
    new = [merchant for merchant in merchants if await upsert_merchant(tx.connection, merchant)]
    for merchant in new:
        tx.emit(merchant_told(merchant, now))
    return len(new)


async def note_venue(tx: Tx, event: VenueChanged, now: datetime) -> None:
    await upsert_venue(tx.connection, event)
