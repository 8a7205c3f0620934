"""Venues as the events that tell of them, every field by its name."""

from datetime import datetime

from services.ticketing.catalogue.domain.products import Venue
from shared.events.common import Place
from shared.events.ticketing import VenueChanged


def venue_changed(venue: Venue, version: int, now: datetime) -> VenueChanged:
    return VenueChanged(
        version=version,
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


def place_of(venue: Venue) -> Place:
    """Where something at the venue happened, by its codes of today."""
    return Place(
        venue_id=venue.venue_id,
        old_district_code=venue.old_district_code,
        new_commune_code=venue.new_commune_code,
    )
