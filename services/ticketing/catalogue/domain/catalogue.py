"""The whole catalogue as one value: everything on offer, as it was when it was read."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.ticketing.catalogue.domain.calendar import Calendar
from services.ticketing.catalogue.domain.limits import KindLimits
from services.ticketing.catalogue.domain.products import Category, Product, Venue, VisitorCategory
from services.ticketing.catalogue.domain.tariffs import Tariff
from shared.events.words import ProductKind
from shared.ids import ProductId, VenueId


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything on offer, as it was when it was read."""

    venues: Mapping[VenueId, Venue]
    products: Mapping[ProductId, Product]
    categories: Mapping[Category, VisitorCategory]
    tariffs: tuple[Tariff, ...]
    calendars: Mapping[VenueId, Calendar]
    limits: Mapping[ProductKind, KindLimits]

    def products_of(self, venue_id: VenueId) -> list[Product]:
        return [product for product in self.products.values() if product.venue_id == venue_id]

    def tariffs_of(self, product_id: ProductId) -> list[Tariff]:
        return [tariff for tariff in self.tariffs if tariff.product_id == product_id]

    def calendar_of(self, venue_id: VenueId) -> Calendar:
        return self.calendars.get(venue_id, Calendar(()))

    @property
    def evidence_categories(self) -> frozenset[Category]:
        return frozenset(name for name, category in self.categories.items() if category.needs_evidence)
