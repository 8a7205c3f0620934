"""Loads the seed: what is new is added and said, what is there stays as it is."""

from datetime import datetime

from services.ticketing.catalogue.store import insert_offers, insert_venues
from shared.events.ticketing import VenueChanged
from shared.seed.rows import Seed
from shared.unit.unit import Tx


async def load_catalogue(tx: Tx, seed: Seed, now: datetime) -> int:
    """How many venues were new."""
    new = await insert_venues(tx.connection, seed)
    await insert_offers(tx.connection, seed)
    for venue in new:
        tx.emit(
            VenueChanged(
                version=1,
                occurred_at=now,
                recorded_at=now,
                venue_id=venue.venue_id,
                name_vi=venue.name_vi,
                name_en=venue.name_en,
                kind=venue.kind,
                old_district_code=venue.old_district_code,
                new_commune_code=venue.new_commune_code,
                on_sale=venue.on_sale,
            )
        )
    return len(new)
