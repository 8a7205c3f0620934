"""The seed as it is: complete, plainly made up where it is, and every product can be bought."""

import json
from datetime import date, timedelta

import pytest

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.catalogue.domain.tariffs import tariffs_on
from services.ticketing.sales.domain.pricing import PricedOrder, price_order
from shared.ids import VenueId
from shared.seed.reader import FOLDER, read_seed
from shared.seed.rows import Product, Seed
from tests.support.catalogue import seed_calendar, seed_product, seed_tariff

SEED = read_seed()
DAY = date(2026, 12, 5)


def price(product: Product, **people: int) -> PricedOrder:
    counts = {Category(category): count for category, count in people.items()}
    tariffs = [seed_tariff(tariff) for tariff in SEED.tariffs]
    return price_order(seed_product(product), tariffs, DAY, counts, nights=1 if product.kind == "stay" else 0)


def sellers(seed: Seed) -> set[str]:
    return {venue.venue_id for venue in seed.venues if venue.sells}


def test_the_administrative_units_are_all_there() -> None:
    levels = [unit.level for unit in SEED.admin_units]

    assert {level: levels.count(level) for level in levels} == {
        "province": 2,
        "district": 11,
        "commune_old": 193,
        "commune": 124,
    }


def test_eighteen_of_thirty_two_venues_sell_and_each_has_one_product() -> None:
    assert len(SEED.venues) == 32
    assert sorted(product.venue_id for product in SEED.products) == sorted(sellers(SEED))
    assert len(SEED.products) == 18


def test_markets_and_cooperatives_can_charge_although_they_sell_no_tickets() -> None:
    charging = {venue.venue_id for venue in SEED.venues if venue.sells or venue.kind in {"market", "cooperative"}}

    assert {merchant.venue_id for merchant in SEED.merchants} == charging


@pytest.mark.parametrize("product", SEED.products, ids=lambda product: product.product_id)
def test_a_family_can_buy_every_product(product: Product) -> None:
    main = "guest" if product.kind == "stay" else "adult"

    order = price(product, **{main: 2, "child": 1, "child_under_6": 1})

    assert order.people == 4
    assert order.total_vnd >= 20_000
    assert max(line.unit_price_vnd for line in order.lines) == order.lines[0].unit_price_vnd


def test_a_family_pays_70000_at_the_museum_by_the_decision_of_2023() -> None:
    (museum,) = (product for product in SEED.products if product.venue_id == "bao-tang-tinh-ha-giang")

    order = price(museum, adult=2, child=1, child_under_6=1)

    assert (order.total_vnd, order.lines[0].price_kind) == (70_000, "state_fee")
    assert order.lines[0].tariff_version == "bao-tang-adult"


def test_the_museum_has_no_price_before_its_decision_and_the_flag_tower_has_one_from_the_beginning() -> None:
    priced = {tariff.product_id for tariff in tariffs_on(date(2000, 1, 1), map(seed_tariff, SEED.tariffs))}

    assert "bao-tang-tinh-ha-giang-entry" not in priced
    assert "cot-co-lung-cu-entry" in priced


def test_the_geopark_night_fee_is_not_loaded() -> None:
    assert "cvdc-dem-adult" in (FOLDER / "tariffs.csv").read_text(encoding="utf-8")
    assert not [tariff for tariff in SEED.tariffs if tariff.tariff_id.startswith("cvdc")]


def test_every_price_that_was_made_up_is_unverified_so_that_it_shows_as_a_demo_price() -> None:
    verified = {tariff.tariff_id for tariff in SEED.tariffs if tariff.verified}

    assert verified == {"bao-tang-adult", "bao-tang-child", "bao-tang-student", "pa-vi-bed"}


def test_every_selling_venue_opens_in_any_week() -> None:
    for venue_id in sellers(SEED):
        calendar = seed_calendar(SEED, VenueId(venue_id))
        assert calendar.next_open_day(DAY, DAY + timedelta(days=7)), venue_id


def test_the_boats_of_ta_lang_stood_still_for_six_days_of_september_2023() -> None:
    calendar = seed_calendar(SEED, VenueId("thuyen-nho-que-ta-lang"))

    closed = [day for day in range(1, 31) if not calendar.is_open(date(2023, 9, day))]
    assert closed == [16, 17, 18, 19, 20, 21]


def test_each_account_is_plainly_fake() -> None:
    assert all(merchant.account_number.startswith("0000") for merchant in SEED.merchants)
    assert all("DEMO" in merchant.account_holder for merchant in SEED.merchants)


def test_each_role_has_somebody_to_try_it_with() -> None:
    assert {person.role for person in SEED.people} == {
        "gate",
        "manager",
        "owner",
        "province",
        "operator",
    }


def test_a_site_with_tickets_has_gate_staff_and_a_manager() -> None:
    sites = {product.venue_id for product in SEED.products if product.kind != "stay"}

    for role in ("gate", "manager"):
        assert {venue for person in SEED.people if person.role == role for venue in person.venue_ids} == sites


def test_the_map_draws_the_eleven_districts_and_seventy_three_communes_that_exist() -> None:
    drawn = json.loads((FOLDER / "map_hagiang.json").read_text(encoding="utf-8"))
    codes = {(unit.level, unit.code) for unit in SEED.admin_units}

    assert {("district", area["code"]) for area in drawn["districts"]} <= codes
    assert {("commune", area["code"]) for area in drawn["communes"]} <= codes
    assert (len(drawn["districts"]), len(drawn["communes"])) == (11, 73)


def test_every_seed_file_is_named_in_its_readme() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert [file.name for file in FOLDER.glob("*.[cj]s*") if f"`{file.name}`" not in readme] == []
