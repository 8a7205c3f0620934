"""The catalogue as rows: read whole, since it is small and seldom changes, and loaded from the seed."""

from collections import defaultdict
from pathlib import Path

import msgspec

from services.ticketing.catalogue.domain.calendar import Calendar, Closure, OpeningHours
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.limits import KindLimits
from services.ticketing.catalogue.domain.products import Product, Venue, VisitorCategory
from services.ticketing.catalogue.domain.tariffs import Tariff
from shared.ids import VenueId
from shared.seed.rows import Seed
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def read_catalogue(connection: Connection) -> Catalogue:
    venues = [msgspec.convert(dict(row), Venue) for row in await connection.fetch(SQL["all_venues"])]
    products = [msgspec.convert(dict(row), Product) for row in await connection.fetch(SQL["all_products"])]
    categories = [msgspec.convert(dict(row), VisitorCategory) for row in await connection.fetch(SQL["all_categories"])]
    tariffs = [msgspec.convert(dict(row), Tariff) for row in await connection.fetch(SQL["all_tariffs"])]
    limits = [msgspec.convert(dict(row), KindLimits) for row in await connection.fetch(SQL["all_kind_limits"])]
    return Catalogue(
        venues={venue.venue_id: venue for venue in venues},
        products={product.product_id: product for product in products},
        categories={category.category: category for category in categories},
        tariffs=tuple(tariffs),
        calendars=await _read_calendars(connection),
        limits={limit.kind: limit for limit in limits},
    )


async def _read_calendars(connection: Connection) -> dict[VenueId, Calendar]:
    hours: dict[VenueId, list[OpeningHours]] = defaultdict(list)
    closures: dict[VenueId, list[Closure]] = defaultdict(list)
    for row in await connection.fetch(SQL["all_opening_hours"]):
        hours[row["venue_id"]].append(msgspec.convert(dict(row), OpeningHours))
    for row in await connection.fetch(SQL["all_closures"]):
        closures[row["venue_id"]].append(msgspec.convert(dict(row), Closure))
    return {venue_id: Calendar(tuple(found), tuple(closures[venue_id])) for venue_id, found in hours.items()}


async def insert_venues(connection: Connection, seed: Seed) -> list[Venue]:
    """The venues that are new."""
    new: list[Venue] = []
    for row in seed.venues:
        venue = Venue(
            venue_id=row.venue_id,
            number=row.number,
            name_vi=row.name_vi,
            name_en=row.name_en,
            kind=row.kind,
            old_district_code=row.old_district_code,
            new_commune_code=row.new_commune_code,
            on_sale=row.sells,
        )
        values = [getattr(venue, name) for name in Venue.__slots__]
        if await connection.fetchval(SQL["upsert_venue"], *values) is not None:
            new.append(venue)
    return new


async def insert_products(connection: Connection, seed: Seed) -> None:
    """Products, categories, limits, prices and hours that are not there yet; what is there stays as it is."""
    await connection.executemany(
        SQL["insert_category"],
        [
            (c.code, c.position, c.name_vi, c.name_en, c.rule_vi, c.rule_en, c.needs_evidence, c.free_each_payer,
             c.free_most, c.free_alone)
            for c in seed.categories
        ],
    )  # fmt: skip
    await connection.executemany(
        SQL["insert_kind_limits"],
        [
            (k.kind, k.unpaid_percent, k.unpaid_least, k.free_percent, k.free_least, k.whole_nights, k.whole_people)
            for k in seed.kind_limits
        ],
    )
    await connection.executemany(
        SQL["insert_product"],
        [
            (p.product_id, p.number, p.venue_id, p.kind, p.name_vi, p.name_en, p.ticket_modes, p.admits, p.days_rule,
             p.daily_capacity)
            for p in seed.products
        ],
    )  # fmt: skip
    await connection.executemany(
        SQL["insert_tariff"],
        [
            (t.tariff_id, t.product_id, t.category, t.price_vnd, t.unit, t.price_kind, t.valid_from, t.valid_to,
             t.legal_basis, t.verified)
            for t in seed.tariffs
        ],
    )  # fmt: skip
    await connection.executemany(
        SQL["insert_opening_hours"],
        [
            (h.venue_id, h.weekdays, h.opens_minute, h.closes_minute, h.valid_from, h.valid_to)
            for h in seed.opening_hours
        ],
    )
    await connection.executemany(SQL["insert_closure"], [(c.venue_id, c.from_on, c.until_on) for c in seed.closures])
