"""Reads and checks the seed files; `read_seed` is the one door. It writes nothing and knows no database."""

from pathlib import Path
from uuid import UUID

from shared.events.words import PersonRole
from shared.ids import MerchantId, PersonId
from shared.seed.offers import read_categories, read_kind_limits, read_products, read_tariffs
from shared.seed.places import (
    SLUG,
    Venues,
    known_venue,
    read_admin_units,
    read_closures,
    read_demand_events,
    read_numbers,
    read_opening_hours,
    read_venues,
)
from shared.seed.rows import ROLES, Merchant, Person, Seed
from shared.seed.table import Row, SeedError, read_table, refuse_repeats

__all__ = ["FOLDER", "SeedError", "read_seed"]

FOLDER = Path(__file__).parent

# No bank gives out accounts that start with four zeros; the "lucky" 9999... are sold to real people.
_FAKE_ACCOUNT = r"0000[0-9]{2,15}"
_UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_AT_A_VENUE: tuple[PersonRole, ...] = ("gate", "manager", "owner")


def read_seed(folder: Path = FOLDER) -> Seed:
    """All seed files of a folder; raises SeedError, which names file and line, at the first broken rule."""
    units = read_admin_units(folder)
    numbers = read_numbers(folder)
    venues = read_venues(folder, units, numbers)
    categories = read_categories(folder)
    offers = read_products(folder, venues, numbers)
    seed = Seed(
        admin_units=tuple(units.values()),
        venues=tuple(venues.values()),
        merchants=_read_merchants(folder, venues),
        categories=tuple(categories.values()),
        kind_limits=read_kind_limits(folder),
        products=tuple(offers.values()),
        tariffs=read_tariffs(folder, venues, offers, categories),
        opening_hours=read_opening_hours(folder, venues),
        closures=read_closures(folder, venues),
        people=_read_people(folder, venues),
        demand_events=read_demand_events(folder, units),
    )
    _refuse_gaps(folder, seed)
    return seed


def _read_merchants(folder: Path, venues: Venues) -> tuple[Merchant, ...]:
    columns = ("merchant_id", "venue_id", "name", "bank_bin", "account_number", "account_holder", "made_up")
    rows = read_table(folder, "merchants.csv", columns)
    refuse_repeats(rows, "merchant_id")
    refuse_repeats(rows, "venue_id")
    refuse_repeats(rows, "bank_bin", "account_number")
    return tuple(_merchant(row, venues) for row in rows)


def _merchant(row: Row, venues: Venues) -> Merchant:
    _refuse_real(row)
    return Merchant(
        merchant_id=MerchantId(row.matching("merchant_id", SLUG, "lower-case words joined by hyphens")),
        venue_id=known_venue(row, row.text("venue_id"), venues).venue_id,
        name=row.text("name"),
        bank_bin=row.matching("bank_bin", r"[0-9]{6}", "six digits"),
        account_number=row.matching("account_number", _FAKE_ACCOUNT, "plainly fake: 6 to 19 digits from 0000 on"),
        account_holder=row.matching("account_holder", r"[A-Z0-9]+( [A-Z0-9]+)*", "ASCII capitals"),
    )


def _read_people(folder: Path, venues: Venues) -> tuple[Person, ...]:
    columns = ("person_id", "login", "display_name", "role", "venue_ids", "pin", "password", "made_up")
    rows = read_table(folder, "people.csv", columns)
    refuse_repeats(rows, "person_id")
    refuse_repeats(rows, "login")
    return tuple(_person(row, venues) for row in rows)


def _person(row: Row, venues: Venues) -> Person:
    _refuse_real(row)
    person = Person(
        person_id=PersonId(UUID(row.matching("person_id", _UUID7, "a UUIDv7 in lower case"))),
        login=row.matching("login", SLUG, "lower-case words joined by hyphens"),
        display_name=row.text("display_name"),
        role=row.choice("role", ROLES),
        venue_ids=tuple(known_venue(row, word, venues).venue_id for word in row.words("venue_ids")),
        pin=row.matching("pin", r"[0-9]{6}", "six digits") if row.optional("pin") else "",
        password=row.optional("password"),
    )
    if (person.role in _AT_A_VENUE) != bool(person.venue_ids):
        raise row.error(f"venue_ids does not fit role {person.role}")
    if not person.pin and not person.password:
        raise row.error("without PIN and password nobody can sign in")
    return person


def _refuse_real(row: Row) -> None:
    if not row.truth("made_up"):
        raise row.error("people and accounts here are made up, never real")


def _refuse_gaps(folder: Path, seed: Seed) -> None:
    """Raises at the first product without a tariff, or selling venue without merchant, product or opening hours."""
    priced = {tariff.product_id for tariff in seed.tariffs}
    for row in read_table(folder, "products.csv", ("product_id",)):
        if row.text("product_id") not in priced:
            raise row.error(f"{row.text('product_id')} has no price in tariffs.csv or demo_prices.csv")
    have = {
        "merchants.csv": {merchant.venue_id for merchant in seed.merchants},
        "products.csv": {product.venue_id for product in seed.products},
        "opening_hours.csv": {hours.venue_id for hours in seed.opening_hours},
    }
    for row, venue in zip(read_table(folder, "venues.csv", ("id",)), seed.venues, strict=True):
        for file, venue_ids in have.items():
            if venue.sells and venue.venue_id not in venue_ids:
                raise row.error(f"{venue.venue_id} sells, but {file} has nothing for it")
