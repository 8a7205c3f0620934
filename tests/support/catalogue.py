"""Products, tariffs and calendars of the domain for tests, made by hand or from the seed."""

from dataclasses import replace
from datetime import date

from services.ticketing.catalogue.domain.calendar import Calendar, Closure, OpeningHours
from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.catalogue.domain.tariffs import Tariff
from shared.ids import ProductId, VenueId
from shared.money import Dong
from shared.seed import rows

ADULT, CHILD, SMALL_CHILD = Category("adult"), Category("child"), Category("child_under_6")
ENTRY = Product(
    product_id=ProductId("tower-entry"),
    number=1,
    venue_id=VenueId("tower"),
    kind="entry",
    name_vi="Vé tham quan",
    name_en="Entry",
    ticket_modes=("per_person", "group"),
    admits=60,
    days_rule="visit_day",
    daily_capacity=100,
)
STAY = replace(
    ENTRY,
    product_id=ProductId("clay-house-stay"),
    number=2,
    venue_id=VenueId("clay-house"),
    kind="stay",
    ticket_modes=("group",),
    days_rule="nights_plus_one",
)


def tariff(
    product: Product,
    category: Category,
    price_vnd: int,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> Tariff:
    return Tariff(
        product_id=product.product_id,
        category=category,
        price_vnd=Dong(price_vnd),
        unit="person-night" if product.is_stay else "person-visit",
        price_kind="service_price" if product.is_stay else "state_fee",
        valid_from=valid_from,
        valid_to=valid_to,
        legal_basis="Decision 12/2023",
        verified=True,
        version=f"{product.product_id}-{category}-{price_vnd}",
    )


def seed_product(row: rows.Product) -> Product:
    return Product(
        product_id=row.product_id,
        number=row.number,
        venue_id=row.venue_id,
        kind=row.kind,
        name_vi=row.name_vi,
        name_en=row.name_en,
        ticket_modes=row.ticket_modes,
        admits=row.admits,
        days_rule=row.days_rule,
        daily_capacity=row.daily_capacity,
    )


def seed_tariff(row: rows.Tariff) -> Tariff:
    return Tariff(
        product_id=row.product_id,
        category=Category(row.category),
        price_vnd=row.price_vnd,
        unit=row.unit,
        price_kind=row.price_kind,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        legal_basis=row.legal_basis,
        verified=row.verified,
        version=row.tariff_id,
    )


def seed_calendar(seed: rows.Seed, venue_id: VenueId) -> Calendar:
    hours = [row for row in seed.opening_hours if row.venue_id == venue_id]
    closures = [row for row in seed.closures if row.venue_id == venue_id]
    return Calendar(
        tuple(
            OpeningHours(frozenset(row.weekdays), row.opens_minute, row.closes_minute, row.valid_from, row.valid_to)
            for row in hours
        ),
        tuple(Closure(row.from_on, row.until_on) for row in closures),
    )
