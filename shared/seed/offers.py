"""Reads what is sold and for how much: visitor categories, products, found and made-up tariffs."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from shared.events.words import PriceUnit, ProductKind
from shared.ids import ProductId
from shared.money import Dong
from shared.seed.places import SLUG, Numbers, Venues, known_venue, number_of
from shared.seed.rows import (
    DAYS_RULES,
    GROUNDS,
    PRICE_KINDS,
    PRICE_UNITS,
    PRODUCT_KINDS,
    TICKET_MODES,
    Category,
    KindLimits,
    Product,
    Tariff,
)
from shared.seed.table import Row, SeedError, read_table, refuse_repeats

# A product of the tariff files, named as their sources name it: venue and word.
Offers = Mapping[tuple[str, str], Product]
Categories = Mapping[str, Category]

MOST_ADMITS = 60
MOST_CAPACITY = 1_000_000
MOST_PRICE_VND = 100_000_000
_UNIT_OF: Mapping[ProductKind, PriceUnit] = {
    "entry": "person-visit",
    "boat_trip": "person-trip",
    "stay": "person-night",
}
# Whether this fee is in force was never found (README.md), and it belongs to no venue.
_NOT_LOADED = "cvdc-dem-"
_TARIFF_COLUMNS = (
    *("id", "venue_id", "product", "visitor_category", "price_vnd", "unit", "price_kind"),
    *("valid_from", "valid_to", "legal_basis", "verified"),
)


def read_categories(folder: Path) -> dict[str, Category]:
    columns = ("category", "position", "name_vi", "name_en", "rule_vi", "rule_en", "ground", "needs_evidence")
    rows = read_table(folder, "categories.csv", (*columns, "free_each_payer", "free_most", "free_alone", "made_up"))
    refuse_repeats(rows, "category")
    refuse_repeats(rows, "position")
    return {category.code: category for category in map(_category, rows)}


def read_kind_limits(folder: Path) -> tuple[KindLimits, ...]:
    """One row for each kind of product, since nothing is sold without its limits."""
    columns = ("kind", "unpaid_percent", "unpaid_least", "free_percent", "free_least", "whole_nights", "whole_people")
    rows = read_table(folder, "kind_limits.csv", (*columns, "made_up"))
    refuse_repeats(rows, "kind")
    limits = tuple(map(_kind_limits, rows))
    if missing := set(PRODUCT_KINDS) - {limit.kind for limit in limits}:
        raise SeedError(f"kind_limits.csv has nothing for {', '.join(sorted(missing))}")
    return limits


def read_products(folder: Path, venues: Venues, numbers: Numbers) -> dict[tuple[str, str], Product]:
    """Products by venue and by the word for them in the tariff files."""
    columns = ("product_id", "venue_id", "tariff_product", "kind", "name_vi", "name_en", "ticket_modes", "admits")
    rows = read_table(folder, "products.csv", (*columns, "days_rule", "daily_capacity", "made_up"))
    refuse_repeats(rows, "product_id")
    refuse_repeats(rows, "venue_id", "tariff_product")
    return {(row.text("venue_id"), row.text("tariff_product")): _product(row, venues, numbers) for row in rows}


def read_tariffs(folder: Path, venues: Venues, offers: Offers, categories: Categories) -> tuple[Tariff, ...]:
    """Found tariffs, then made-up ones, which are never verified. On any day a product has one price a category."""
    found_rows = read_table(folder, "tariffs.csv", _TARIFF_COLUMNS)
    rows = [row for row in found_rows if not row.text("id").startswith(_NOT_LOADED)]
    demo_rows = read_table(folder, "demo_prices.csv", (*_TARIFF_COLUMNS, "made_up"))
    for row in demo_rows:
        if not row.truth("made_up") or row.truth("verified"):
            raise row.error("a demo price is made up and not verified")
    rows += demo_rows
    refuse_repeats(rows, "id")
    tariffs = [_tariff(row, venues, offers, categories) for row in rows]
    _refuse_overlaps(rows, tariffs)
    return tuple(tariffs)


def _category(row: Row) -> Category:
    row.truth("made_up")
    return Category(
        code=row.matching("category", r"[a-z0-9]+(_[a-z0-9]+)*", "lower-case words joined by underscores"),
        position=row.whole("position", 1, 99),
        name_vi=row.text("name_vi"),
        name_en=row.text("name_en"),
        rule_vi=row.optional("rule_vi"),
        rule_en=row.optional("rule_en"),
        ground=row.choice("ground", GROUNDS),
        needs_evidence=row.truth("needs_evidence"),
        free_each_payer=row.whole("free_each_payer", 0, MOST_ADMITS),
        free_most=row.whole("free_most", 0, MOST_ADMITS),
        free_alone=row.whole("free_alone", 0, MOST_ADMITS),
    )


def _kind_limits(row: Row) -> KindLimits:
    row.truth("made_up")
    return KindLimits(
        kind=row.choice("kind", PRODUCT_KINDS),
        unpaid_percent=row.whole("unpaid_percent", 0, 100),
        unpaid_least=row.whole("unpaid_least", 0, MOST_CAPACITY),
        free_percent=row.whole("free_percent", 0, 100),
        free_least=row.whole("free_least", 0, MOST_CAPACITY),
        whole_nights=row.whole("whole_nights", 0, MOST_CAPACITY),
        whole_people=row.whole("whole_people", 0, MOST_CAPACITY),
    )


def _product(row: Row, venues: Venues, numbers: Numbers) -> Product:
    row.truth("made_up")
    product_id = row.matching("product_id", SLUG, "lower-case words joined by hyphens")
    product = Product(
        product_id=ProductId(product_id),
        number=number_of(row, "product", product_id, numbers),
        venue_id=known_venue(row, row.text("venue_id"), venues).venue_id,
        kind=row.choice("kind", PRODUCT_KINDS),
        name_vi=row.text("name_vi"),
        name_en=row.text("name_en"),
        ticket_modes=row.choices("ticket_modes", TICKET_MODES),
        admits=row.whole("admits", 1, MOST_ADMITS),
        days_rule=row.choice("days_rule", DAYS_RULES),
        daily_capacity=row.whole("daily_capacity", 1, MOST_CAPACITY),
    )
    if not venues[product.venue_id].sells:
        raise row.error(f"{product.venue_id} has price_kind none in venues.csv: it sells nothing")
    if (product.kind == "stay") != (product.days_rule == "nights_plus_one"):
        raise row.error(f"days_rule {product.days_rule} does not fit kind {product.kind}")
    if (product.kind == "stay") != (venues[product.venue_id].kind == "homestay"):
        raise row.error(f"kind {product.kind} does not fit a {venues[product.venue_id].kind}")
    return product


def _tariff(row: Row, venues: Venues, offers: Offers, categories: Categories) -> Tariff:
    venue = known_venue(row, row.text("venue_id"), venues)
    product = offers.get((venue.venue_id, row.text("product")))
    if product is None:
        raise row.error(f"products.csv has no {row.text('product')} at {venue.venue_id}")
    tariff = Tariff(
        tariff_id=row.text("id"),
        product_id=product.product_id,
        venue_id=venue.venue_id,
        category=row.choice("visitor_category", tuple(categories)),
        price_vnd=Dong(row.whole("price_vnd", 0, MOST_PRICE_VND)),
        unit=row.choice("unit", PRICE_UNITS),
        price_kind=row.choice("price_kind", PRICE_KINDS),
        valid_from=row.optional_day("valid_from"),
        valid_to=row.optional_day("valid_to"),
        legal_basis=row.text("legal_basis"),
        verified=row.truth("verified"),
    )
    if tariff.price_kind != venue.price_kind:
        raise row.error(f"price_kind {tariff.price_kind}, but {venue.venue_id} has {venue.price_kind} in venues.csv")
    if tariff.unit != _UNIT_OF[product.kind]:
        raise row.error(f"unit {tariff.unit} does not fit a product of kind {product.kind}")
    if tariff.valid_from and tariff.valid_to and tariff.valid_from >= tariff.valid_to:
        raise row.error("valid_from should be before valid_to, the first day without this price")
    # One price for Vietnamese and foreigners. Source: Circular 250/2016/TT-BTC, art. 5.1.e.
    if tariff.price_kind == "state_fee" and categories[tariff.category].ground == "nationality":
        raise row.error(f"a state fee has one price for everybody, but {tariff.category} goes by nationality")
    return tariff


def _refuse_overlaps(rows: list[Row], tariffs: list[Tariff]) -> None:
    """Raises when a product would have two prices for one category on one day; also two equal ones."""
    seen: dict[tuple[ProductId, str], list[tuple[Row, Tariff]]] = {}
    for row, tariff in zip(rows, tariffs, strict=True):
        earlier = seen.setdefault((tariff.product_id, tariff.category), [])
        for other_row, other in earlier:
            if _starts(tariff) < _ends(other) and _starts(other) < _ends(tariff):
                raise row.error(f"{tariff.category} has a price on the same days in {other_row.file} {other_row.line}")
        earlier.append((row, tariff))


def _starts(tariff: Tariff) -> date:
    return tariff.valid_from or date.min


def _ends(tariff: Tariff) -> date:
    return tariff.valid_to or date.max
