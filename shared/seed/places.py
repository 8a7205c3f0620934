"""Reads where things are and when they are open: administrative units, venues, hours, closures, festivals."""

from collections.abc import Mapping
from pathlib import Path

from shared.ids import VenueId
from shared.seed.rows import (
    UNIT_LEVELS,
    VENUE_KINDS,
    VENUE_PRICE_KINDS,
    AdminUnit,
    Closure,
    DemandEvent,
    OpeningHours,
    UnitLevel,
    Venue,
)
from shared.seed.table import Row, read_table, refuse_repeats

Units = Mapping[tuple[UnitLevel, str], AdminUnit]
Numbers = Mapping[tuple[str, str], int]
Venues = Mapping[str, Venue]

# An id goes into addresses and file names, and is read aloud on the telephone.
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
MOST_NUMBER = 65_535
_CODE_DIGITS: Mapping[UnitLevel, str] = {
    "province": r"[0-9]{2}",
    "district": r"[0-9]{3}",
    "commune_old": r"[0-9]{5}",
    "commune": r"[0-9]{5}",
}


def read_admin_units(folder: Path) -> dict[tuple[UnitLevel, str], AdminUnit]:
    """Units by level and code; a parent must be a unit too."""
    columns = ("level", "code", "name_vi", "name_full_vi", "name_ascii", "parent_code", "valid_from", "valid_to")
    rows = read_table(folder, "admin_units.csv", (*columns, "successor_codes"))
    refuse_repeats(rows, "level", "code")
    units: dict[tuple[UnitLevel, str], AdminUnit] = {(unit.level, unit.code): unit for unit in map(_admin_unit, rows)}
    codes = {code for _, code in units}
    for row in rows:
        if row.optional("parent_code") and row.optional("parent_code") not in codes:
            raise row.error(f"parent_code {row.optional('parent_code')} is no unit")
    return units


def read_numbers(folder: Path) -> dict[tuple[str, str], int]:
    """The numbers that stand in ticket codes, by kind and id; a retired id keeps its number for ever."""
    rows = read_table(folder, "numbers.csv", ("kind", "id", "number", "made_up"))
    refuse_repeats(rows, "kind", "id")
    refuse_repeats(rows, "kind", "number")
    kinds = ("venue", "product")
    return {(row.choice("kind", kinds), row.text("id")): row.whole("number", 1, MOST_NUMBER) for row in rows}


def read_venues(folder: Path, units: Units, numbers: Numbers) -> dict[str, Venue]:
    columns = ("id", "name_vi", "name_en", "kind", "old_district_code", "old_commune_code", "new_commune_code")
    rows = read_table(folder, "venues.csv", (*columns, "lat", "lon", "price_kind", "verified"))
    refuse_repeats(rows, "id")
    return {venue.venue_id: venue for venue in (_venue(row, units, numbers) for row in rows)}


def read_opening_hours(folder: Path, venues: Venues) -> tuple[OpeningHours, ...]:
    columns = ("venue_id", "weekdays", "opens", "closes", "valid_from", "valid_to", "made_up")
    rows = read_table(folder, "opening_hours.csv", columns)
    refuse_repeats(rows, "venue_id", "weekdays", "opens", "valid_from")
    return tuple(_opening_hours(row, venues) for row in rows)


def read_closures(folder: Path, venues: Venues) -> tuple[Closure, ...]:
    rows = read_table(folder, "closures.csv", ("venue_id", "from_on", "until_on", "reason", "made_up"))
    return tuple(_closure(row, venues) for row in rows)


def read_demand_events(folder: Path, units: Units) -> tuple[DemandEvent, ...]:
    columns = ("id", "name_vi", "name_en", "calendar", "rule", "places_old_district", "demand_multiplier_guess")
    rows = read_table(folder, "demand_events.csv", columns)
    refuse_repeats(rows, "id")
    return tuple(_demand_event(row, units) for row in rows)


def known_venue(row: Row, venue_id: str, venues: Venues) -> Venue:
    """The venue that a row names; raises when there is none."""
    if venue_id not in venues:
        raise row.error(f"{venue_id!r} is no venue of venues.csv")
    return venues[venue_id]


def number_of(row: Row, kind: str, item_id: str, numbers: Numbers) -> int:
    if (kind, item_id) not in numbers:
        raise row.error(f"numbers.csv has no {kind} number for {item_id}")
    return numbers[kind, item_id]


def _admin_unit(row: Row) -> AdminUnit:
    level: UnitLevel = row.choice("level", UNIT_LEVELS)
    return AdminUnit(
        level=level,
        code=row.matching("code", _CODE_DIGITS[level], f"the digits of a {level} code"),
        name_vi=row.text("name_vi"),
        name_full_vi=row.text("name_full_vi"),
        name_ascii=row.text("name_ascii"),
        parent_code=row.optional("parent_code"),
        valid_from=row.optional_day("valid_from"),
        valid_to=row.optional_day("valid_to"),
        successor_codes=row.words("successor_codes"),
    )


def _venue(row: Row, units: Units, numbers: Numbers) -> Venue:
    venue_id = row.matching("id", SLUG, "lower-case words joined by hyphens")
    return Venue(
        venue_id=VenueId(venue_id),
        number=number_of(row, "venue", venue_id, numbers),
        name_vi=row.text("name_vi"),
        name_en=row.text("name_en"),
        kind=row.choice("kind", VENUE_KINDS),
        old_district_code=_unit_code(row, "old_district_code", "district", units),
        new_commune_code=_unit_code(row, "new_commune_code", "commune", units),
        old_commune_code=_old_commune_code(row, units),
        lat=row.number("lat"),
        lon=row.number("lon"),
        price_kind=row.choice("price_kind", VENUE_PRICE_KINDS),
        verified=row.truth("verified"),
    )


def _unit_code(row: Row, column: str, level: UnitLevel, units: Units) -> str:
    code = row.text(column)
    if (level, code) not in units:
        raise row.error(f"{column} {code} is no {level} of admin_units.csv")
    return code


def _old_commune_code(row: Row, units: Units) -> str:
    """Blank where the source does not know it; else a commune of the district, and with the new one as successor."""
    if not row.optional("old_commune_code"):
        return ""
    code = _unit_code(row, "old_commune_code", "commune_old", units)
    unit = units["commune_old", code]
    if unit.parent_code != row.text("old_district_code"):
        raise row.error(f"old_commune_code {code} lies in district {unit.parent_code}")
    if row.text("new_commune_code") not in unit.successor_codes:
        raise row.error(f"old_commune_code {code} became {' or '.join(unit.successor_codes)}")
    return code


def _opening_hours(row: Row, venues: Venues) -> OpeningHours:
    row.truth("made_up")
    hours = OpeningHours(
        venue_id=known_venue(row, row.text("venue_id"), venues).venue_id,
        weekdays=tuple(int(day) for day in row.choices("weekdays", tuple("1234567"))),
        opens_minute=row.minute("opens"),
        closes_minute=row.minute("closes"),
        valid_from=row.optional_day("valid_from"),
        valid_to=row.optional_day("valid_to"),
    )
    if hours.opens_minute >= hours.closes_minute:
        raise row.error("opens should be before closes; hours past midnight are two rows")
    if hours.valid_from and hours.valid_to and hours.valid_from >= hours.valid_to:
        raise row.error("valid_from should be before valid_to")
    return hours


def _closure(row: Row, venues: Venues) -> Closure:
    row.truth("made_up")
    closure = Closure(
        venue_id=known_venue(row, row.text("venue_id"), venues).venue_id,
        from_on=row.day("from_on"),
        until_on=row.day("until_on"),
        reason=row.text("reason"),
    )
    if closure.from_on >= closure.until_on:
        raise row.error("from_on should be before until_on, the first open day")
    return closure


def _demand_event(row: Row, units: Units) -> DemandEvent:
    places = row.words("places_old_district")
    districts = () if places == ("all",) else places
    for code in districts:
        if ("district", code) not in units:
            raise row.error(f"places_old_district {code} is no district of admin_units.csv")
    return DemandEvent(
        event_id=row.text("id"),
        name_vi=row.text("name_vi"),
        name_en=row.text("name_en"),
        calendar=row.choice("calendar", ("solar", "lunar")),
        rule=row.text("rule"),
        old_district_codes=districts,
        demand_multiplier=row.number("demand_multiplier_guess") or 1.0,
    )
