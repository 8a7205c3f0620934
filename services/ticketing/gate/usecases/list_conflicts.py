"""For a site's manager: whom phones let in on used tickets, what they took back, and what revoked ones still sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.catalogue.domain.products import Product, Venue
from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.gate.store import KnownConflict, WatchedScan, conflicts_of_venues, watched_scans
from services.ticketing.people.domain import Actor
from shared.unit.tx import Tx

CONFLICT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ListedConflicts:
    """products: all there are, since a gate may let in on a ticket of another venue."""

    venues: Sequence[Venue]
    products: Sequence[Product]
    conflicts: Sequence[KnownConflict]
    undone: Sequence[WatchedScan]
    quarantined: Sequence[WatchedScan]


async def list_conflicts(tx: Tx, command: Actor, now: datetime) -> ListedConflicts:
    """Conflicts, undone and quarantined scans of 30 days at a manager's venues, or at all of them for an operator."""
    catalogue = await read_catalogue(tx.connection)
    venues = [venue for venue in catalogue.venues.values() if command.sees(venue.venue_id)]
    after = now - timedelta(days=CONFLICT_DAYS)
    venue_ids = [venue.venue_id for venue in venues]
    return ListedConflicts(
        venues,
        list(catalogue.products.values()),
        await conflicts_of_venues(tx.connection, venue_ids, after),
        await watched_scans(tx.connection, venue_ids, after, quarantined=False),
        await watched_scans(tx.connection, venue_ids, after, quarantined=True),
    )
