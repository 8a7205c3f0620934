"""A mistake in a seed file is refused, and the message names the file and the line."""

import csv
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from shared.seed.reader import FOLDER, SeedError, read_seed

# Changes one cell of a file, found by the value of its first column; "-" as the column removes the row.
Spoil = Callable[[str, str, str, str], Path]


@pytest.fixture
def spoil(tmp_path: Path) -> Spoil:
    for file in FOLDER.glob("*.csv"):
        shutil.copy(file, tmp_path)

    def change(file: str, key: str, column: str, value: str) -> Path:
        with (tmp_path / file).open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream)
        row = next(row for row in rows if key in row[:3])
        if column == "-":
            rows.remove(row)
        else:
            row[header.index(column)] = value
        with (tmp_path / file).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
        return tmp_path

    return change


@pytest.mark.parametrize(
    ("file", "key", "column", "value", "message"),
    [
        ("venues.csv", "hang-lung-khuy", "old_district_code", "099", "venues.csv line 4: old_district_code 099 is no"),
        (
            "venues.csv",
            "cot-co-lung-cu",
            "new_commune_code",
            "00718",
            "venues.csv line 2: new_commune_code 00718 is no",
        ),
        ("venues.csv", "cot-co-lung-cu", "new_commune_code", "00721", "old_commune_code 00715 became 00715"),
        ("venues.csv", "cot-co-lung-cu", "old_district_code", "027", "old_commune_code 00715 lies in district 026"),
        (
            "venues.csv",
            "cot-co-lung-cu",
            "price_kind",
            "fee",
            "price_kind should be one of state_fee, service_price, none",
        ),
        ("venues.csv", "cot-co-lung-cu", "lat", "23,36", "venues.csv line 2: lat should be a number"),
        ("venues.csv", "cot-co-lung-cu", "name_en", " ", "venues.csv line 2: name_en is blank"),
        (
            "venues.csv",
            "nha-vuong-sa-phin",
            "id",
            "cot-co-lung-cu",
            "venues.csv line 3: cot-co-lung-cu is already on line 2",
        ),
        (
            "venues.csv",
            "cot-co-lung-cu",
            "price_kind",
            "none",
            "products.csv line 2: cot-co-lung-cu has price_kind none",
        ),
        (
            "venues.csv",
            "cot-co-lung-cu",
            "price_kind",
            "service_price",
            "tariffs.csv line 14: price_kind state_fee, but",
        ),
        (
            "venues.csv",
            "cho-dong-van",
            "price_kind",
            "service_price",
            "venues.csv line 26: cho-dong-van sells, but products",
        ),
        ("numbers.csv", "panhou-village", "number", "1", "numbers.csv line 23: venue 1 is already on line 2"),
        ("numbers.csv", "panhou-village", "number", "65536", "number should be 1 to 65535, not 65536"),
        ("numbers.csv", "panhou-village", "number", "0", "number should be 1 to 65535, not 0"),
        ("numbers.csv", "panhou-village", "-", "", "numbers.csv has no venue number for panhou-village"),
        ("numbers.csv", "panhou-village-stay", "-", "", "numbers.csv has no product number for panhou-village-stay"),
        ("merchants.csv", "panhou-village", "-", "", "venues.csv line 23: panhou-village sells, but merchants.csv"),
        (
            "merchants.csv",
            "panhou-village",
            "bank_bin",
            "97043",
            "merchants.csv line 17: bank_bin should be six digits",
        ),
        ("merchants.csv", "panhou-village", "account_number", "1012345678", "account_number should be plainly fake"),
        ("merchants.csv", "panhou-village", "account_number", "000000000017", "970436 000000000017 is already"),
        ("merchants.csv", "panhou-village", "account_holder", "Nhà Panhou", "account_holder should be ASCII capitals"),
        ("merchants.csv", "panhou-village", "made_up", "no", "people and accounts here are made up"),
        ("merchants.csv", "panhou-village", "venue_id", "panhou", "'panhou' is no venue of venues.csv"),
        ("venues.csv", "panhou-village", "kind", "museum", "products.csv line 17: kind stay does not fit a museum"),
        ("products.csv", "panhou-village-stay", "-", "", "demo_prices.csv line 36: products.csv has no bed-night"),
        ("products.csv", "panhou-village-stay", "kind", "entry", "days_rule nights_plus_one does not fit kind entry"),
        ("products.csv", "panhou-village-stay", "ticket_modes", "group;group", "ticket_modes should name one or more"),
        ("products.csv", "panhou-village-stay", "admits", "61", "admits should be 1 to 60, not 61"),
        ("products.csv", "panhou-village-stay", "daily_capacity", "0", "daily_capacity should be 1 to"),
        (
            "tariffs.csv",
            "bao-tang-adult",
            "price_vnd",
            "30000.5",
            "tariffs.csv line 2: price_vnd should be a whole number",
        ),
        ("tariffs.csv", "bao-tang-adult", "price_vnd", "-1", "tariffs.csv line 2: price_vnd should be a whole number"),
        (
            "tariffs.csv",
            "bao-tang-adult",
            "price_vnd",
            "٣٠٠٠٠",
            "tariffs.csv line 2: price_vnd should be a whole number",
        ),
        (
            "tariffs.csv",
            "bao-tang-adult",
            "unit",
            "person-night",
            "unit person-night does not fit a product of kind entry",
        ),
        (
            "tariffs.csv",
            "bao-tang-adult",
            "visitor_category",
            "alien",
            "visitor_category should be one of adult, guest",
        ),
        ("tariffs.csv", "bao-tang-adult", "legal_basis", "", "tariffs.csv line 2: legal_basis is blank"),
        ("tariffs.csv", "bao-tang-adult", "valid_from", "1/9/2023", "valid_from should be a date like 2026-09-01"),
        ("tariffs.csv", "bao-tang-adult", "valid_from", "2023-02-30", "valid_from is no date: '2023-02-30'"),
        ("tariffs.csv", "bao-tang-adult", "valid_to", "2023-09-01", "valid_from should be before valid_to"),
        (
            "tariffs.csv",
            "bao-tang-child",
            "visitor_category",
            "adult",
            "adult has a price on the same days in tariffs.csv 2",
        ),
        ("demo_prices.csv", "panhou-village", "verified", "yes", "a demo price is made up and not verified"),
        ("demo_prices.csv", "panhou-village", "made_up", "no", "a demo price is made up and not verified"),
        ("opening_hours.csv", "panhou-village", "-", "", "panhou-village sells, but opening_hours.csv has nothing"),
        ("opening_hours.csv", "panhou-village", "opens", "25:00", "opens should be a time like 07:30"),
        ("opening_hours.csv", "panhou-village", "closes", "00:00", "opens should be before closes"),
        ("opening_hours.csv", "panhou-village", "weekdays", "1;8", "weekdays should be one of 1, 2, 3"),
        ("closures.csv", "thuyen-nho-que-ta-lang", "until_on", "2023-09-16", "from_on should be before until_on"),
        ("people.csv", "owner-lang-mong", "role", "boss", "people.csv line 19: role should be one of gate"),
        ("people.csv", "owner-lang-mong", "venue_ids", "", "venue_ids does not fit role owner"),
        ("people.csv", "owner-lang-mong", "pin", "1234", "pin should be six digits"),
        ("people.csv", "owner-lang-mong", "pin", "", "without PIN and password nobody can sign in"),
        ("people.csv", "owner-lang-mong", "login", "operator", "people.csv line 23: operator is already on line 19"),
        ("people.csv", "operator", "made_up", "no", "people and accounts here are made up"),
        ("kind_limits.csv", "stay", "-", "", "kind_limits.csv has nothing for stay"),
        ("kind_limits.csv", "stay", "kind", "entry", "kind_limits.csv line 4: entry is already on line 2"),
        ("kind_limits.csv", "entry", "free_percent", "101", "free_percent should be 0 to 100, not 101"),
        ("categories.csv", "adult", "ground", "mood", "ground should be one of default, age"),
        ("demand_events.csv", "tet", "places_old_district", "026;999", "places_old_district 999 is no district"),
        ("admin_units.csv", "026", "parent_code", "77", "admin_units.csv line 5: parent_code 77 is no unit"),
        ("admin_units.csv", "026", "code", "26", "code should be the digits of a district code"),
    ],
)
def test_a_mistake_is_refused_with_its_file_and_line(
    spoil: Spoil, file: str, key: str, column: str, value: str, message: str
) -> None:
    folder = spoil(file, key, column, value)

    with pytest.raises(SeedError) as refusal:
        read_seed(folder)

    assert message in str(refusal.value)


def test_a_state_fee_by_nationality_is_refused_and_a_service_price_is_not(spoil: Spoil) -> None:
    folder = spoil("categories.csv", "guest", "ground", "nationality")
    read_seed(folder)

    folder = spoil("categories.csv", "student", "ground", "nationality")
    with pytest.raises(SeedError, match=r"tariffs.csv line 4: a state fee has one price for everybody"):
        read_seed(folder)


def test_a_product_without_any_price_is_refused(spoil: Spoil) -> None:
    folder = spoil("demo_prices.csv", "panhou-village-guest-demo", "-", "")
    folder = spoil("demo_prices.csv", "panhou-village-child-demo", "-", "")
    folder = spoil("demo_prices.csv", "panhou-village-child-under-6-demo", "-", "")

    with pytest.raises(SeedError, match=r"products.csv line 17: panhou-village-stay has no price"):
        read_seed(folder)


def test_a_new_price_may_follow_an_old_one_on_the_day_it_ends(spoil: Spoil) -> None:
    spoil("tariffs.csv", "bao-tang-adult", "valid_to", "2027-01-01")
    spoil("tariffs.csv", "bao-tang-student", "visitor_category", "adult")
    folder = spoil("tariffs.csv", "bao-tang-student", "valid_from", "2027-01-01")
    read_seed(folder)

    folder = spoil("tariffs.csv", "bao-tang-student", "valid_from", "2026-12-31")
    with pytest.raises(SeedError, match="adult has a price on the same days"):
        read_seed(folder)


def test_prices_may_stand_in_any_order_of_time(spoil: Spoil) -> None:
    spoil("tariffs.csv", "bao-tang-adult", "valid_from", "2027-01-01")
    spoil("tariffs.csv", "bao-tang-student", "visitor_category", "adult")
    folder = spoil("tariffs.csv", "bao-tang-student", "valid_to", "2027-01-01")

    assert read_seed(folder).tariffs[0].valid_from == date(2027, 1, 1)


def test_a_missing_file_is_named(spoil: Spoil) -> None:
    folder = spoil("people.csv", "operator", "display_name", "Trực ca")
    (folder / "people.csv").unlink()

    with pytest.raises(SeedError, match=r"people.csv: no such file"):
        read_seed(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"venue_id,from_on\n", "closures.csv line 1: missing column until_on, reason, made_up"),
        (b"", "closures.csv line 1: missing column venue_id"),
        (b"venue_id,from_on,until_on,reason,made_up\na,b\n", "closures.csv line 2: 2 cells, but the header has 5"),
        (b'venue_id,from_on,until_on,reason,made_up\n"a"b,\n', "closures.csv after line"),
        (b"venue_id,from_on,until_on,reason,made_up\n\xff\n", "closures.csv after line"),
        (b"venue_id,from_on,until_on,reason,made_up\n", "closures.csv: no rows"),
    ],
)
def test_a_file_that_is_no_such_table_is_named(spoil: Spoil, text: bytes, message: str) -> None:
    folder = spoil("closures.csv", "thuyen-nho-que-ta-lang", "reason", "storm")
    (folder / "closures.csv").write_bytes(text)

    with pytest.raises(SeedError) as refusal:
        read_seed(folder)

    assert message in str(refusal.value)
