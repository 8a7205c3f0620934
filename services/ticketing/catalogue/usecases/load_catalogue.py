"""Loads the seed: what is new is added and said, what is there stays as it is."""

from datetime import datetime

from services.ticketing.catalogue.events import venue_changed
from services.ticketing.catalogue.store import insert_products, insert_venues
from shared.seed.rows import Seed
from shared.unit.tx import Tx


async def load_catalogue(tx: Tx, seed: Seed, now: datetime) -> int:
    """How many venues were new."""
    new = await insert_venues(tx.connection, seed)
    await insert_products(tx.connection, seed)
    for venue in new:
        tx.emit(venue_changed(venue, 1, now))
    return len(new)
