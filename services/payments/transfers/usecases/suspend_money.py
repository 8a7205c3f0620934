"""Money that no rule could place waits for a person, under its transfer and the reason. Called by other use-cases."""

from datetime import datetime

from services.payments.merchants.store import find_venue
from services.payments.transfers.store import Suspended, insert_suspended
from shared.events.common import Place
from shared.events.payments import TransferSuspendedV2
from shared.ids import VenueId
from shared.unit.unit import Tx


async def suspend_money(tx: Tx, suspended: Suspended, venue_id: VenueId, occurred_at: datetime, now: datetime) -> None:
    """Notes that the money waits, and says so; the ledger's postings are the caller's."""
    waiting_vnd, version, bank_code = await insert_suspended(tx.connection, suspended, now)
    place = await find_venue(tx.connection, venue_id)
    tx.emit(
        TransferSuspendedV2(
            version=version,
            occurred_at=occurred_at,
            recorded_at=now,
            transfer_id=suspended.transfer_id,
            merchant_id=suspended.merchant_id,
            place=place or Place(venue_id=venue_id, old_district_code="", new_commune_code=""),
            amount_vnd=waiting_vnd,
            reason=suspended.reason,
            order_id=suspended.order_id,
            bank_code=bank_code,
        )
    )
