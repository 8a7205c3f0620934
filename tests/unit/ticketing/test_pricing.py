"""What an order costs, and which orders have no price."""

from datetime import date

import pytest

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.catalogue.domain.tariffs import tariffs_on
from services.ticketing.sales.domain.pricing import (
    NegativeCount,
    NoPlaces,
    NoPrice,
    TooManyPlaces,
    UnknownCategory,
    WrongNights,
    price_order,
)
from tests.support.catalogue import ADULT, CHILD, ENTRY, SMALL_CHILD, STAY, tariff

DAY = date(2026, 12, 5)
PRICES = [tariff(ENTRY, ADULT, 30_000), tariff(ENTRY, CHILD, 10_000), tariff(ENTRY, SMALL_CHILD, 0)]
STAY_PRICES = [tariff(STAY, ADULT, 200_000), tariff(STAY, CHILD, 100_000)]


def test_a_family_pays_the_price_of_each_category() -> None:
    order = price_order(ENTRY, PRICES, DAY, {ADULT: 2, CHILD: 1, SMALL_CHILD: 1})

    assert [(line.category, line.count, line.total_vnd) for line in order.lines] == [
        ("adult", 2, 60_000),
        ("child", 1, 10_000),
        ("child_under_6", 1, 0),
    ]
    assert (order.people, order.total_vnd) == (4, 70_000)


def test_a_line_says_whose_price_it_is_and_of_what_kind() -> None:
    (line,) = price_order(ENTRY, PRICES, DAY, {ADULT: 1}).lines

    assert (line.venue_id, line.product_id) == ("tower", "tower-entry")
    assert (line.price_kind, line.tariff_version) == ("state_fee", "tower-entry-adult-30000")


def test_small_children_alone_cost_nothing_and_are_still_an_order() -> None:
    order = price_order(ENTRY, PRICES, DAY, {SMALL_CHILD: 3})

    assert (order.people, order.total_vnd) == (3, 0)


def test_a_stay_costs_person_nights_and_its_line_still_says_how_many_guests() -> None:
    order = price_order(STAY, STAY_PRICES, DAY, {ADULT: 2, CHILD: 1}, nights=3)

    assert [(line.people, line.count, line.total_vnd) for line in order.lines] == [(2, 6, 1_200_000), (1, 3, 300_000)]
    assert (order.people, order.nights, order.total_vnd) == (3, 3, 1_500_000)


def test_the_new_price_starts_on_its_first_day_and_the_old_one_ends_before_it() -> None:
    change = date(2027, 1, 1)
    prices = [tariff(ENTRY, ADULT, 30_000, valid_to=change), tariff(ENTRY, ADULT, 50_000, valid_from=change)]

    assert price_order(ENTRY, prices, date(2026, 12, 31), {ADULT: 1}).total_vnd == 30_000
    assert price_order(ENTRY, prices, change, {ADULT: 1}).total_vnd == 50_000


def test_a_price_change_during_a_stay_leaves_the_price_of_the_first_night() -> None:
    change = date(2027, 1, 1)
    prices = [tariff(STAY, ADULT, 200_000, valid_to=change), tariff(STAY, ADULT, 300_000, valid_from=change)]

    assert price_order(STAY, prices, date(2026, 12, 31), {ADULT: 1}, nights=4).total_vnd == 800_000


def test_a_tariff_without_dates_holds_on_every_day() -> None:
    assert tariffs_on(date.min, PRICES) == tariffs_on(date.max, PRICES) == PRICES


def test_two_prices_on_one_day_are_an_impossible_state() -> None:
    with pytest.raises(AssertionError):
        tariffs_on(DAY, [tariff(ENTRY, ADULT, 1_000), tariff(ENTRY, ADULT, 2_000)])


def test_a_category_with_nobody_in_it_makes_no_line() -> None:
    assert len(price_order(ENTRY, PRICES, DAY, {ADULT: 1, CHILD: 0}).lines) == 1


def test_a_category_that_the_product_never_had_is_refused() -> None:
    with pytest.raises(UnknownCategory) as refusal:
        price_order(ENTRY, [*PRICES, *STAY_PRICES], DAY, {Category("guest"): 1})

    assert refusal.value.fields == {"product_id": "tower-entry", "category": "guest"}


def test_a_category_without_a_price_on_that_day_is_refused_with_the_day() -> None:
    prices = [tariff(ENTRY, ADULT, 30_000, valid_from=date(2027, 1, 1))]

    with pytest.raises(NoPrice) as refusal:
        price_order(ENTRY, prices, DAY, {ADULT: 1})

    assert refusal.value.fields["visit_on"] == "2026-12-05"


def test_another_products_price_is_never_taken() -> None:
    with pytest.raises(UnknownCategory):
        price_order(ENTRY, STAY_PRICES, DAY, {ADULT: 1})


@pytest.mark.parametrize("counts", [{}, {ADULT: 0}, {ADULT: 0, CHILD: 0}])
def test_an_order_for_nobody_is_refused(counts: dict[Category, int]) -> None:
    with pytest.raises(NoPlaces):
        price_order(ENTRY, PRICES, DAY, counts)


def test_sixty_people_are_one_order_and_sixty_one_are_not() -> None:
    assert price_order(ENTRY, PRICES, DAY, {ADULT: 30, CHILD: 30}).people == 60
    with pytest.raises(TooManyPlaces) as refusal:
        price_order(ENTRY, PRICES, DAY, {ADULT: 31, CHILD: 30})

    assert refusal.value.fields == {"places": 61, "most": 60}


def test_a_negative_count_is_refused_also_when_the_sum_is_not() -> None:
    with pytest.raises(NegativeCount):
        price_order(ENTRY, PRICES, DAY, {ADULT: 5, CHILD: -1})


@pytest.mark.parametrize("nights", [-1, 0, 31])
def test_a_stay_has_one_to_thirty_nights(nights: int) -> None:
    assert price_order(STAY, STAY_PRICES, DAY, {ADULT: 1}, nights=30).total_vnd == 6_000_000
    with pytest.raises(WrongNights):
        price_order(STAY, STAY_PRICES, DAY, {ADULT: 1}, nights=nights)


def test_a_visit_has_no_nights() -> None:
    with pytest.raises(WrongNights):
        price_order(ENTRY, PRICES, DAY, {ADULT: 1}, nights=1)
