"""For a site's manager: who was let in on a ticket used up elsewhere, as phones without network could not know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.domain.catalogue import Venue
from services.ticketing.domain.people import Actor
from services.ticketing.store.admissions import KnownConflict, conflicts_of_venues
from services.ticketing.store.catalogue import read_catalogue
from shared.unit import Tx

CONFLICT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ConflictsDesk:
    venues: Sequence[Venue]
    conflicts: Sequence[KnownConflict]


async def conflicts_desk(tx: Tx, command: Actor, now: datetime) -> ConflictsDesk:
    """Conflicts of the last 30 days at a manager's venues, or at all of them for an operator."""
    all_venues = (await read_catalogue(tx.connection)).venues.values()
    venues = [venue for venue in all_venues if command.role == "operator" or venue.venue_id in command.venues]
    after = now - timedelta(days=CONFLICT_DAYS)
    return ConflictsDesk(venues, await conflicts_of_venues(tx.connection, [v.venue_id for v in venues], after))
