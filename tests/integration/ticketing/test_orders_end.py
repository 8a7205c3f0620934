"""How orders end on the real database: whatever comes in which order, each place is given back exactly once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import groupby, permutations
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replace_struct

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.codes.ticket_code import verify
from services.ticketing.sales.domain.places import SoldOut
from services.ticketing.sales.domain.pricing import WrongNights
from services.ticketing.sales.store.tickets import insert_tickets, tickets_of_order
from services.ticketing.sales.usecases.place_orders import OrderExists, PlacedOrder, PlaceOrder
from shared.errors import Poison
from shared.events.payments import PaymentPartial, PaymentSettled
from shared.events.ticketing import OrderCancelled, OrderUnfulfilled
from shared.ids import OrderId, TicketId, VenueId, uuid7
from shared.money import Dong
from shared.storage.db import create_pool
from shared.unit.wake import Waker
from tests.support.batches import in_batches
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, furnish_venue
from tests.support.scope import examples
from tests.support.shop import CAPACITY, STEPS, VISIT_ON, Shop, Step, opened

LATER_DAY = date(2027, 1, 1)


@pytest.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("orders", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "orders", 10)
        try:
            async with opened(pool, Waker(url, solo=True)) as shop:
                yield shop
        finally:
            await pool.close()


async def test_cancelling_frees_the_places_at_once_and_says_so_once(shop: Shop) -> None:
    order = await shop.order(5)
    with pytest.raises(SoldOut):
        await shop.order(1)

    assert await asyncio.gather(*(shop.cancel(order) for _ in range(5))) == [True] * 5

    assert await shop.status(order) == "cancelled"
    assert await shop.said(OrderCancelled.TYPE) == 1
    await shop.order(5)
    assert await shop.places() == (6, 0)


async def test_money_that_crosses_a_cancellation_issues_no_ticket(shop: Shop) -> None:
    order = await shop.order(2)
    await shop.cancel(order)

    await shop.take("whole", order)

    assert await shop.status(order) == "cancelled"
    assert await shop.places() == (1, 0)


async def test_late_money_buys_no_ticket_for_a_day_that_is_over(shop: Shop) -> None:
    order = await shop.order(2)
    await shop.take("expire", order)
    shop.now[0] = datetime(2026, 11, 30, 2, tzinfo=UTC)

    await shop.take("whole", order)

    assert await shop.status(order) == "unfulfilled"
    assert await shop.said(OrderUnfulfilled.TYPE) == 1
    assert await shop.places() == await shop.people() == (0, 0)


async def test_an_order_id_is_taken_once_and_a_second_request_for_it_holds_nothing(shop: Shop) -> None:
    command = PlaceOrder(OrderId(uuid7()), PRODUCT, VISIT_ON, 0, {Category("adult"): 2}, "per_person")
    await shop.unit.run(shop.place, command)

    with pytest.raises(OrderExists):
        await shop.unit.run(shop.place, command)

    assert await shop.places() == (3, 0)


async def test_a_stay_of_absurd_length_is_refused_before_its_days_are_counted(shop: Shop) -> None:
    with pytest.raises(WrongNights):
        await shop.stay(nights=10**15, people=1)


async def test_a_stay_is_held_on_all_of_its_nights_or_none_and_told_what_is_left(shop: Shop) -> None:
    await shop.stay(nights=2, people=1)
    stay = shop.a_stay.product_id
    await shop.unit.pool.execute(
        "UPDATE days SET capacity = CASE day WHEN $2 THEN 7 ELSE 4 END WHERE product_id = $1", stay, VISIT_ON
    )

    with pytest.raises(SoldOut) as refusal:
        await shop.stay(nights=2, people=5)

    assert refusal.value.fields["places_left"] == 3
    held = await shop.unit.pool.fetch("SELECT held FROM days WHERE product_id = $1", stay)
    assert [row["held"] for row in held] == [1, 1]


async def test_a_paid_order_is_not_cancelled(shop: Shop) -> None:
    order = await shop.order(2)
    await shop.take("whole", order)

    assert not await shop.cancel(order)

    assert await shop.status(order) == "ticketed"
    assert await shop.places() == (1, 2)


async def test_every_order_of_events_on_one_order_gives_its_places_back_exactly_once(shop: Shop) -> None:
    for steps in sorted(set(permutations((*STEPS, "cancel", "expire")))):
        await shop.clear()
        order = await shop.order(2)
        for step in steps:
            await shop.take(step, order)
            assert await shop.places() == await shop.people(), steps
        assert await shop.status(order) == ("cancelled" if steps.index("cancel") < steps.index("whole") else "ticketed")


MOVES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)) | st.integers(1, 4), min_size=2, max_size=16)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, most=st.integers(1, 6))
async def test_in_any_order_of_events_places_are_given_back_exactly_once(
    shop: Shop, moves: list[tuple[Step, int] | int], most: int
) -> None:
    """However many of them come together: up to `most` orders or words of payments in one transaction."""
    await shop.clear()
    placed = [await shop.order(2)]
    for kind, some in groupby(moves, key=_kind):
        for batch in in_batches(some, most):
            if kind == "order":
                asked = [move for move in batch if isinstance(move, int)]
                left = CAPACITY - sum(await shop.places())
                answers = await shop.order_together(asked)
                for people, answer in zip(asked, answers, strict=True):
                    # Who comes first has the places, and nobody is refused what is still there for them.
                    assert isinstance(answer, PlacedOrder) == (people <= left)
                    left -= people if isinstance(answer, PlacedOrder) else 0
                placed += [answer for answer in answers if isinstance(answer, PlacedOrder)]
                continue
            steps = [(move[0], placed[move[1] % len(placed)]) for move in batch if not isinstance(move, int)]
            if kind == "word":
                await shop.hear_together(steps)
            else:
                for step, order in steps:
                    await shop.take(step, order)
            assert await shop.places() == await shop.people()


def _kind(move: tuple[Step, int] | int) -> str:
    if isinstance(move, int):
        return "order"
    return "word" if move[0] in ("part", "whole") else "step"


@pytest.mark.parametrize("rounds", range(4))
async def test_at_the_same_time_places_are_given_back_exactly_once(shop: Shop, rounds: int) -> None:
    for _ in range(6):
        await shop.clear()
        placed = [await shop.order(2), await shop.order(3)]
        # The clock of an expiry is the clock of all, so that what is due is due for everybody.
        await asyncio.gather(*(shop.take(step, order) for step in STEPS * 2 for order in placed))

        assert await shop.places() == await shop.people()
        assert {await shop.status(order) for order in placed} <= {"ticketed", "cancelled", "unfulfilled"}


async def test_the_visitor_cancels_on_a_page_that_asks_once_more(shop: Shop) -> None:
    order = await shop.order(2)
    await shop.take("part", order)
    address = f"/orders/{order.token}"
    paying = await shop.visitor.get(address)
    assert f'href="{address}/cancel"' in paying.text

    asked = await shop.visitor.get(f"{address}/cancel")
    assert "10.000" in asked.text
    assert await shop.status(order) == "placed"
    form = {"idempotency_key": str(uuid4())}
    answers = [await shop.visitor.post(f"{address}/cancel", data=form) for _ in range(2)]

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, address)}
    after = await shop.visitor.get(address)
    assert "This order was cancelled" in after.text
    assert "10.000" in after.text
    assert f'href="{address}/cancel"' not in after.text
    assert (await shop.visitor.get(f"{address}/cancel")).status_code == 303
    assert await shop.said(OrderCancelled.TYPE) == 1


async def test_an_expired_order_with_a_part_of_its_money_can_be_given_up(shop: Shop) -> None:
    order = await shop.order(2)
    await shop.take("part", order)
    await shop.take("expire", order)
    page = (await shop.visitor.get(f"/orders/{order.token}")).text
    assert f"/orders/{order.token}/cancel" in page

    assert await shop.cancel(order)

    assert await shop.places() == await shop.people()


async def test_cancelling_without_a_key_too_late_or_by_a_wrong_link_changes_nothing(shop: Shop) -> None:
    order = await shop.order(2)
    form = {"idempotency_key": str(uuid4())}

    unnamed = await shop.visitor.post(f"/orders/{order.token}/cancel")
    unknown = await shop.visitor.post("/orders/no-such-order/cancel", data=form)
    assert await shop.status(order) == "placed"
    await shop.take("whole", order)
    late = await shop.visitor.post(f"/orders/{order.token}/cancel", data=form)

    assert [answer.status_code for answer in (unnamed, unknown, late)] == [400, 404, 409]
    assert "This order can no longer be cancelled" in late.text
    assert await shop.status(order) == "ticketed"


async def test_what_is_stored_of_a_ticket_is_what_its_code_says(shop: Shop) -> None:
    order = await shop.stay(nights=2, people=3)
    await shop.take("whole", order)
    signer = shop.venue.signer

    async with shop.unit.pool.acquire() as connection:
        tickets = await tickets_of_order(connection, order.order_id)
        other_day = replace(tickets[0], ticket_id=TicketId(uuid7()), position=99, short_code="0", valid_from=LATER_DAY)
        await insert_tickets(connection, [other_day])
        stored = (await tickets_of_order(connection, order.order_id))[-1]

    assert tickets
    for ticket in tickets:
        claims = verify(ticket.code, {signer.key_id: signer.private_key.public_key()})
        signed = (claims.ticket_id, claims.first_day, claims.days, claims.admits)
        assert (ticket.ticket_id, ticket.valid_from, ticket.days, ticket.admits) == signed
    assert stored == other_day


@pytest.mark.parametrize(
    "other",
    [
        lambda event: {"amount_vnd": event.amount_vnd - 1, "paid_vnd": event.paid_vnd - 1},
        lambda event: {"place": replace_struct(event.place, venue_id=VenueId("hang-lung-khuy"))},
        lambda event: {"lines": (replace_struct(event.lines[0], count=1), *event.lines[1:])},
        lambda event: {"paid_vnd": event.paid_vnd - 1},
    ],
    ids=["amount", "venue", "lines", "unpaid"],
)
async def test_a_settlement_that_contradicts_its_order_issues_no_ticket_and_is_put_aside(
    shop: Shop, other: Callable[[PaymentSettled], dict[str, object]]
) -> None:
    order = await shop.order(3)
    told = await shop.told(order, PaymentSettled, order.total_vnd)

    with pytest.raises(Poison):
        await shop.unit.run(shop.hear, replace_struct(told, **other(told)))

    assert await shop.status(order) == "placed"
    await shop.unit.run(shop.hear, told)
    assert await shop.status(order) == "ticketed"


async def test_a_code_to_pay_another_amount_than_the_orders_is_never_shown(shop: Shop) -> None:
    order = await shop.order(3)
    told = await shop.told(order, PaymentPartial, 10_000)

    with pytest.raises(Poison):
        await shop.unit.run(shop.hear, replace_struct(told, amount_vnd=Dong(order.total_vnd * 2)))

    assert told.account_name not in (await shop.visitor.get(f"/orders/{order.token}")).text


async def test_what_changed_is_written_down_without_the_secret_of_an_orders_link(shop: Shop) -> None:
    orders = [await shop.order(1) for _ in STEPS]
    for step, order in zip(STEPS, orders, strict=True):
        await shop.take(step, order)

    keys = {row["key"] for row in await shop.unit.pool.fetch("SELECT key FROM changes")}

    assert {str(order.order_id) for order in orders} <= keys
    assert keys.isdisjoint(order.token for order in orders)
