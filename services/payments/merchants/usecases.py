"""Who is paid where: merchants from the seed, venues as ticketing tells of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.payments.merchants.domain import Merchant
from services.payments.merchants.events import merchant_told
from services.payments.merchants.store import names_of_venues, upsert_merchant, upsert_venue
from shared.events.ticketing import VenueChanged
from shared.ids import VenueId
from shared.storage.db import Connection
from shared.unit.tx import Tx
from shared.web.audit import AskNames, Named


async def load_merchants(tx: Tx, merchants: Sequence[Merchant], now: datetime) -> int:
    """How many were new; what is there stays as it is."""
    new = [merchant for merchant in merchants if await upsert_merchant(tx.connection, merchant)]
    for merchant in new:
        tx.emit(merchant_told(merchant, now))
    return len(new)


async def note_venue(tx: Tx, event: VenueChanged, now: datetime) -> None:
    await upsert_venue(tx.connection, event)


async def name_in_audit(connection: Connection, asked: AskNames) -> Mapping[str, Named]:
    """The venues that lines of the trail name; of people we know the id alone."""
    venues = {VenueId(found) for line in asked.lines if line.subject_kind == "venue" for found in line.subject_ids}
    names = await names_of_venues(connection, sorted(venues)) if venues else {}
    return {venue_id: Named("venue", name[asked.language]) for venue_id, name in names.items()}
