"""What holds for every order: its total, its tickets, its deadlines, its states."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.catalogue.domain.tariffs import Tariff
from services.ticketing.sales.domain.orders import (
    FINAL,
    WrongOrderStatus,
    change_status,
    hold_until,
    pay_until,
)
from services.ticketing.sales.domain.pricing import (
    MOST_NIGHTS,
    MOST_PLACES,
    NegativeCount,
    NoPlaces,
    PricedOrder,
    TooManyPlaces,
    price_order,
)
from services.ticketing.sales.domain.tickets import plan_tickets
from shared.events.words import OrderStatus, TicketMode
from shared.money import Dong
from tests.support.catalogue import ENTRY, STAY, tariff

CATEGORIES = [Category(name) for name in ("adult", "child", "child_under_6", "student", "elderly_60", "guest")]
DAYS = st.dates(date(2020, 1, 1), date(2099, 12, 31))
INSTANTS = st.integers(1_577_836_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
TOTALS = st.integers(0, 10**12).map(Dong)
STATES: tuple[OrderStatus, ...] = get_args(OrderStatus)


@st.composite
def counts_of_at_most_sixty(draw: st.DrawFn) -> dict[Category, int]:
    people = draw(st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=MOST_PLACES))
    return {category: people.count(category) for category in CATEGORIES}


def prices_of(product: Product, prices_vnd: list[int]) -> list[Tariff]:
    return [tariff(product, category, price) for category, price in zip(CATEGORIES, prices_vnd, strict=True)]


PRICES = st.lists(st.integers(0, 100_000_000), min_size=len(CATEGORIES), max_size=len(CATEGORIES))


@st.composite
def orders(draw: st.DrawFn) -> tuple[Product, PricedOrder]:
    product = draw(st.sampled_from([ENTRY, STAY]))
    nights = draw(st.integers(1, MOST_NIGHTS)) if product.is_stay else 0
    tariffs = prices_of(product, draw(PRICES))
    return product, price_order(product, tariffs, draw(DAYS), draw(counts_of_at_most_sixty()), nights)


@given(PRICES, counts_of_at_most_sixty(), st.sampled_from([ENTRY, STAY]), st.integers(1, MOST_NIGHTS), DAYS)
def test_any_counts_within_the_limits_have_the_price_of_plain_multiplication(
    prices_vnd: list[int], counts: dict[Category, int], product: Product, nights: int, visit_on: date
) -> None:
    paid_nights = nights if product.is_stay else 1

    order = price_order(product, prices_of(product, prices_vnd), visit_on, counts, nights if product.is_stay else 0)

    expected = sum(price * counts[category] for price, category in zip(prices_vnd, CATEGORIES, strict=True))
    assert order.total_vnd == expected * paid_nights
    assert order.people == sum(counts.values())


@given(orders())
def test_a_total_is_the_sum_of_its_lines_and_never_negative(sold: tuple[Product, PricedOrder]) -> None:
    _, order = sold

    assert order.total_vnd == sum(line.count * line.unit_price_vnd for line in order.lines) >= 0
    assert all(line.people >= 1 and line.count >= line.people for line in order.lines)


@given(st.dictionaries(st.sampled_from(CATEGORIES), st.integers(-100, 100)), PRICES, DAYS)
def test_counts_are_priced_or_refused_by_name_and_never_more_than_sixty(
    counts: dict[Category, int], prices_vnd: list[int], visit_on: date
) -> None:
    try:
        order = price_order(ENTRY, prices_of(ENTRY, prices_vnd), visit_on, counts)
    except (NegativeCount, NoPlaces, TooManyPlaces):
        assert min(counts.values(), default=0) < 0 or not 1 <= sum(counts.values()) <= MOST_PLACES
    else:
        assert 1 <= order.people <= MOST_PLACES
        assert min(counts.values()) >= 0


@given(orders(), st.integers(1, MOST_PLACES), st.sampled_from(get_args(TicketMode)))
def test_tickets_admit_exactly_the_people_of_the_order(
    sold: tuple[Product, PricedOrder], admits: int, mode: TicketMode
) -> None:
    product, order = sold
    mode = mode if mode in product.ticket_modes else product.ticket_modes[0]
    bought = {line.category: line.people for line in order.lines}

    tickets = plan_tickets(replace(product, admits=admits), order, mode, frozenset())

    assert [ticket.position for ticket in tickets] == list(range(len(tickets)))
    assert all(1 <= ticket.admits == sum(ticket.people.values()) <= admits for ticket in tickets)
    admitted = {category: sum(ticket.people.get(category, 0) for ticket in tickets) for category in bought}
    assert admitted == bought
    assert sum(ticket.admits for ticket in tickets) == order.people


@given(TOTALS, TOTALS, INSTANTS)
def test_a_larger_total_never_has_an_earlier_deadline(one: Dong, other: Dong, placed_at: datetime) -> None:
    assert pay_until(min(one, other), placed_at) <= pay_until(max(one, other), placed_at)


@given(TOTALS, INSTANTS, INSTANTS)
def test_a_later_order_has_a_later_deadline(total_vnd: Dong, one: datetime, other: datetime) -> None:
    assert (one < other) == (pay_until(total_vnd, one) < pay_until(total_vnd, other))


@given(TOTALS, INSTANTS)
def test_places_stay_held_longer_than_one_may_pay(total_vnd: Dong, placed_at: datetime) -> None:
    expires_at = pay_until(total_vnd, placed_at)

    assert placed_at < expires_at < hold_until(expires_at)


@given(st.lists(st.sampled_from(STATES), max_size=20))
def test_an_order_never_leaves_a_final_state(wanted: list[OrderStatus]) -> None:
    status: OrderStatus = "placed"
    for step in wanted:
        before = status
        try:
            status = change_status(status, step)
        except WrongOrderStatus:
            continue
        assert before not in FINAL
        assert status not in ("placed", before)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_state_leads_nowhere(status: OrderStatus) -> None:
    for wanted in STATES:
        with pytest.raises(WrongOrderStatus):
            change_status(status, wanted)
