"""Money that no rule could place waits for a person, under its transfer and the reason. Called by other use-cases."""

from datetime import datetime

from services.payments.merchants.domain import Venue
from services.payments.merchants.store import find_venue
from services.payments.transfers.domain.transfers import SuspendedMoney
from services.payments.transfers.events import suspended_money_told
from services.payments.transfers.store import insert_suspended
from shared.ids import VenueId
from shared.unit.tx import Tx


async def suspend_money(
    tx: Tx, suspended: SuspendedMoney, venue_id: VenueId, occurred_at: datetime, now: datetime
) -> None:
    """Notes that the money waits, and says so; the ledger's postings are the caller's."""
    waiting = await insert_suspended(tx.connection, suspended, now)
    venue = await find_venue(tx.connection, venue_id) or Venue(venue_id, "", "")
    tx.emit(suspended_money_told(suspended, waiting, venue, occurred_at, now))
