"""The life of an order, and the tickets that it becomes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.sales.domain.orders import (
    FINAL,
    Order,
    WrongOrderStatus,
    change_status,
    hold_until,
    pay_until,
)
from services.ticketing.sales.domain.places import Places
from services.ticketing.sales.domain.pricing import PricedOrder, price_order
from services.ticketing.sales.domain.tickets import PlannedTicket, Ticket, WrongTicketMode, plan_tickets
from shared.events.words import OrderStatus
from shared.ids import OrderId, TicketId, uuid7
from shared.money import Dong
from tests.support.catalogue import ADULT, CHILD, ENTRY, STAY, tariff

NOW = datetime(2026, 12, 5, 3, 0, tzinfo=UTC)
DAY = date(2026, 12, 5)
SENIOR = Category("elderly_60")
EVIDENCE = frozenset({SENIOR})


ORDER = Order(
    order_id=OrderId(uuid7()),
    venue_id=ENTRY.venue_id,
    product_id=ENTRY.product_id,
    status="placed",
    lines=(),
    total_vnd=Dong(90_000),
    visit_on=DAY,
    nights=0,
    people=3,
    ticket_mode="group",
    channel="web",
    business_date=DAY,
    expires_at=NOW,
    hold_until=NOW,
    placed_at=NOW,
    trace_id="",
    version=1,
)
TICKET = Ticket(
    ticket_id=TicketId(uuid7()),
    order_id=ORDER.order_id,
    position=0,
    venue_id=ENTRY.venue_id,
    product_id=ENTRY.product_id,
    category="adult",
    price_kind="state_fee",
    code="",
    short_code="",
    valid_from=DAY,
    days=1,
    admits=3,
    issued_at=NOW,
)


def visit(*, adults: int = 0, children: int = 0, seniors: int = 0) -> PricedOrder:
    prices = [tariff(ENTRY, ADULT, 30_000), tariff(ENTRY, CHILD, 15_000), tariff(ENTRY, SENIOR, 15_000)]
    return price_order(ENTRY, prices, DAY, {ADULT: adults, CHILD: children, SENIOR: seniors})


def people_of(tickets: list[PlannedTicket]) -> list[dict[Category, int]]:
    return [dict(ticket.people) for ticket in tickets]


@pytest.mark.parametrize(
    ("current", "wanted"),
    [
        ("placed", "ticketed"),
        ("placed", "expired"),
        ("placed", "cancelled"),
        ("expired", "ticketed"),
        ("expired", "unfulfilled"),
        ("expired", "cancelled"),
        ("ticketed", "cancelled"),
        ("placed", "undone"),
        ("ticketed", "undone"),
    ],
)
def test_an_order_may_go_these_ways(current: OrderStatus, wanted: OrderStatus) -> None:
    assert change_status(current, wanted) == wanted


def test_an_order_may_go_no_other_way() -> None:
    allowed = 0
    for current in get_args(OrderStatus):
        for wanted in get_args(OrderStatus):
            try:
                change_status(current, wanted)
            except WrongOrderStatus:
                continue
            allowed += 1

    assert allowed == 9


def test_a_refused_change_says_from_where_to_where() -> None:
    with pytest.raises(WrongOrderStatus) as refusal:
        change_status("ticketed", "expired")

    assert refusal.value.fields == {"status": "ticketed", "wanted": "expired"}


def test_an_order_is_over_when_cancelled_unfulfilled_or_undone() -> None:
    assert {"cancelled", "unfulfilled", "undone"} == FINAL


def test_the_payer_has_15_minutes_and_an_hour_from_ten_million_on() -> None:
    assert pay_until(Dong(9_999_999), NOW) == NOW + timedelta(minutes=15)
    assert pay_until(Dong(10_000_000), NOW) == NOW + timedelta(minutes=60)


def test_places_stay_held_two_minutes_longer_than_the_payer_may_pay() -> None:
    expires_at = pay_until(Dong(30_000), NOW)

    assert hold_until(expires_at) == NOW + timedelta(minutes=17)


def test_an_order_of_nothing_is_free_and_one_of_a_dong_is_not() -> None:
    assert replace(ORDER, total_vnd=Dong(0)).is_free
    assert not replace(ORDER, total_vnd=Dong(1)).is_free


def test_a_visit_takes_places_of_its_day_and_a_stay_of_each_night() -> None:
    stay = replace(ORDER, product_id=STAY.product_id, nights=2)

    assert ORDER.places == Places(ENTRY.product_id, (DAY,), 3)
    assert stay.places == Places(STAY.product_id, (DAY, DAY + timedelta(days=1)), 3)


def test_an_order_moves_to_its_next_state_with_its_next_version() -> None:
    expired = ORDER.moved_to("expired")

    assert (expired.status, expired.version) == ("expired", 2)
    assert replace(expired, status="placed", version=1) == ORDER
    with pytest.raises(WrongOrderStatus):
        ORDER.moved_to("unfulfilled")


@pytest.mark.parametrize(
    ("status", "holds_places", "is_cancellable", "waits_for_money"),
    [
        ("placed", True, True, True),
        ("expired", False, True, True),
        ("ticketed", False, False, False),
        ("cancelled", False, False, False),
        ("unfulfilled", False, False, False),
        ("undone", False, False, False),
    ],
)
def test_only_a_placed_order_holds_places_and_only_what_waits_for_money_can_be_cancelled(
    status: OrderStatus, *, holds_places: bool, is_cancellable: bool, waits_for_money: bool
) -> None:
    order = replace(ORDER, status=status)

    assert (order.holds_places, order.is_cancellable, order.waits_for_money) == (
        holds_places,
        is_cancellable,
        waits_for_money,
    )


def test_an_order_of_nothing_can_be_cancelled_with_its_tickets() -> None:
    assert replace(ORDER, status="ticketed", total_vnd=Dong(0)).is_cancellable


def test_what_is_still_due_is_the_total_without_what_came() -> None:
    assert replace(ORDER, paid_vnd=Dong(20_000)).due_vnd == 70_000


def test_a_ticket_counts_a_scan_that_it_covers_and_never_more_people_than_it_admits() -> None:
    assert (TICKET.let_in(2).admitted, TICKET.let_in(2).version) == (2, 2)
    assert (TICKET.let_in(0).admitted, TICKET.let_in(0).version) == (0, 2)
    with pytest.raises(AssertionError):
        TICKET.let_in(4)


def test_a_revoked_ticket_keeps_its_reason_and_the_people_who_are_in() -> None:
    revoked = TICKET.let_in(1).revoked("sold twice")

    assert (revoked.is_revoked, revoked.revoked_reason, revoked.admitted, revoked.version) == (True, "sold twice", 1, 3)


def test_one_qr_a_person_makes_a_ticket_for_each_with_its_category() -> None:
    tickets = plan_tickets(ENTRY, visit(adults=2, children=1), "per_person", EVIDENCE)

    assert people_of(tickets) == [{ADULT: 1}, {ADULT: 1}, {CHILD: 1}]
    assert [(ticket.position, ticket.admits) for ticket in tickets] == [(0, 1), (1, 1), (2, 1)]


def test_a_group_of_sixty_is_one_qr_with_a_counter_and_its_mix_of_categories() -> None:
    (ticket,) = plan_tickets(ENTRY, visit(adults=40, children=20), "group", EVIDENCE)

    assert (ticket.admits, dict(ticket.people)) == (60, {ADULT: 40, CHILD: 20})


def test_a_group_beyond_what_a_qr_admits_gets_another_one() -> None:
    boat_of_twelve = replace(ENTRY, admits=12)

    tickets = plan_tickets(boat_of_twelve, visit(adults=10, children=15), "group", EVIDENCE)

    assert people_of(tickets) == [{ADULT: 10, CHILD: 2}, {CHILD: 12}, {CHILD: 1}]


def test_a_visit_is_valid_on_its_day_alone() -> None:
    (ticket,) = plan_tickets(ENTRY, visit(adults=1), "per_person", EVIDENCE)

    assert (ticket.first_day, ticket.days, ticket.price_kind) == (DAY, 1, "state_fee")


def test_a_stay_is_one_ticket_for_all_guests_until_the_day_of_departure() -> None:
    order = price_order(STAY, [tariff(STAY, ADULT, 200_000)], DAY, {ADULT: 4}, nights=3)

    (ticket,) = plan_tickets(STAY, order, "group", EVIDENCE)

    assert (ticket.admits, ticket.days, ticket.price_kind) == (4, 4, "service_price")


def test_a_mode_that_the_product_does_not_offer_is_refused() -> None:
    order = price_order(STAY, [tariff(STAY, ADULT, 200_000)], DAY, {ADULT: 1}, nights=1)

    with pytest.raises(WrongTicketMode):
        plan_tickets(STAY, order, "per_person", EVIDENCE)


def test_only_tickets_with_a_reduction_ask_for_evidence() -> None:
    single = plan_tickets(ENTRY, visit(adults=1, seniors=1), "per_person", EVIDENCE)
    (group,) = plan_tickets(ENTRY, visit(adults=1, seniors=1), "group", EVIDENCE)

    assert [ticket.needs_evidence for ticket in single] == [False, True]
    assert group.needs_evidence


def test_planning_twice_plans_the_same_tickets() -> None:
    order = visit(adults=3, seniors=2)

    assert plan_tickets(ENTRY, order, "group", EVIDENCE) == plan_tickets(ENTRY, order, "group", EVIDENCE)
