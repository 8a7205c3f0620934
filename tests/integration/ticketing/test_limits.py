"""Places cannot be taken for nothing: what a day holds unpaid or gives away is bounded, and honest people pass.

What each order may do is worked out a second time here, from all orders at once, as a person with a list would.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.sales.domain.free_people import TooManyFree
from services.ticketing.sales.domain.places import CallTheHouse, FreePlacesTaken, ManyUnpaid, SoldOut
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from shared.errors import DomainError
from shared.ids import OrderId, ProductId, TicketId, uuid7
from shared.storage.db import create_pool
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, furnish_venue
from tests.support.scope import examples
from tests.support.shop import VISIT_ON, Shop, opened

CLAY_HOUSE = ProductId("meo-vac-clay-house-stay")
MUSEUM = ProductId("bao-tang-tinh-ha-giang-entry")
DAY_CAPACITY, BEDS = 500, 40
ADULT, CHILD, SMALL = Category("adult"), Category("child"), Category("child_under_6")
GUEST, EXEMPT = Category("guest"), Category("disability_very_severe")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for; nights 0 is a visit to the tower, more are a stay at Clay House."""

    counts: Mapping[Category, int]
    nights: int = 0
    later: int = 0

    @property
    def people(self) -> int:
        return sum(self.counts.values())

    @property
    def is_free(self) -> bool:
        return not {ADULT, CHILD, GUEST} & {category for category, people in self.counts.items() if people}

    @property
    def days(self) -> range:
        return range(self.later, self.later + max(self.nights, 1))


async def ask(shop: Shop, wish: Wish) -> PlacedOrder:
    command = PlaceOrder(
        OrderId(uuid7()),
        CLAY_HOUSE if wish.nights else PRODUCT,
        VISIT_ON + timedelta(days=wish.later),
        wish.nights,
        wish.counts,
        "group",
    )
    return await shop.unit.run(shop.place, command)


@pytest.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("limits", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "limits", 10)
        try:
            async with opened(pool, Waker(url, solo=True)) as shop:
                await empty(shop)
                yield shop
        finally:
            await pool.close()


async def empty(shop: Shop) -> None:
    """Nobody has ordered anything; the tower's days have 500 places."""
    await shop.clear()
    await shop.unit.pool.execute("TRUNCATE tickets, orders, days, outbox CASCADE")
    await shop.unit.pool.execute(
        "INSERT INTO days (product_id, day, capacity) SELECT $1, $2::date + n, $3 FROM generate_series(0, 40) AS n",
        PRODUCT,
        VISIT_ON,
        DAY_CAPACITY,
    )


async def standing(shop: Shop, product: ProductId = PRODUCT) -> tuple[int, int, int]:
    """Held, sold and free on the first day."""
    row = await shop.unit.pool.fetchrow(
        "SELECT held, sold, free FROM days WHERE product_id = $1 AND day = $2", product, VISIT_ON
    )
    return (0, 0, 0) if row is None else (row["held"], row["sold"], row["free"])


async def test_small_children_alone_take_no_bed_of_a_month(shop: Shop) -> None:
    """The very request that once sold Clay House for thirty nights."""
    request = {
        "order_id": str(uuid7()),
        "product_id": CLAY_HOUSE,
        "visit_on": (VISIT_ON + timedelta(days=60)).isoformat(),
        "nights": 30,
        "counts": {"child_under_6": 40},
        "ticket_mode": "group",
    }
    answers = [
        await shop.visitor.post(
            "/api/orders",
            json=request,
            headers={"Idempotency-Key": str(uuid4()), "accept": "application/json", "accept-language": language},
        )
        for language in ("en", "vi")
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "too_many_free")] * 2
    assert "come with somebody who pays" in answers[0].json()["detail"]
    assert "đi cùng người mua vé" in answers[1].json()["detail"]
    assert await shop.unit.pool.fetchval("SELECT count(*) FROM orders") == 0


async def test_an_unpaid_order_holds_no_house_for_a_month(shop: Shop) -> None:
    """The very request that once held Clay House for thirty nights, an hour at a time."""
    request = {
        "order_id": str(uuid7()),
        "product_id": CLAY_HOUSE,
        "visit_on": VISIT_ON.isoformat(),
        "nights": 30,
        "counts": {"guest": 40},
        "ticket_mode": "group",
    }
    headers = {"Idempotency-Key": str(uuid4()), "accept": "application/json"}
    answers = [
        await shop.visitor.post("/api/orders", json=request, headers={**headers, "accept-language": language})
        for language in ("en", "vi")
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "call_the_house")] * 2
    assert "call the house" in answers[0].json()["detail"]
    assert "gọi điện cho chủ nhà" in answers[1].json()["detail"]
    await ask(shop, Wish({GUEST: 4}, nights=2))


async def test_the_form_says_in_words_why_and_keeps_what_was_typed(shop: Shop) -> None:
    form = {
        "product_id": CLAY_HOUSE,
        "visit_on": VISIT_ON.isoformat(),
        "nights": "30",
        "count_guest": "40",
        "ticket_mode": "group",
        "idempotency_key": str(uuid4()),
    }
    page = await shop.visitor.post("/orders", data=form)

    assert page.status_code == 409
    assert "please call the house" in page.text
    assert 'name="count_guest" type="number" inputmode="numeric" min="0" max="60" value="40"' in page.text


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(Wish({ADULT: 2, CHILD: 1, SMALL: 2}), id="a family"),
        pytest.param(Wish({ADULT: 60}), id="a leader with sixty"),
        pytest.param(Wish({ADULT: 6, SMALL: 30}), id="a kindergarten with six teachers"),
        pytest.param(Wish({EXEMPT: 5}), id="five who are exempt by a paper"),
        pytest.param(Wish({ADULT: 1, EXEMPT: 8}), id="one who pays and eight by a paper"),
        pytest.param(Wish({GUEST: BEDS}, nights=3), id="a whole house for three nights"),
        pytest.param(Wish({GUEST: 6}, nights=30), id="six for a month"),
        pytest.param(Wish({GUEST: 20}, nights=30), id="half a house for a month"),
    ],
)
async def test_honest_people_are_sold_what_they_ask_for(shop: Shop, wish: Wish) -> None:
    assert (await ask(shop, wish)).ticketed == wish.is_free


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (Wish({SMALL: 1}), TooManyFree),
        (Wish({ADULT: 1, SMALL: 6}), TooManyFree),
        (Wish({ADULT: 20, SMALL: 31}), TooManyFree),
        (Wish({EXEMPT: 6}), TooManyFree),
        (Wish({EXEMPT: 5, SMALL: 1}), TooManyFree),
        (Wish({GUEST: 21}, nights=4), CallTheHouse),
    ],
)
async def test_one_more_is_refused(shop: Shop, wish: Wish, refusal: type[DomainError]) -> None:
    with pytest.raises(refusal):
        await ask(shop, wish)
    assert await standing(shop, CLAY_HOUSE if wish.nights else PRODUCT) == (0, 0, 0)


async def test_orders_that_cost_nothing_have_two_in_a_hundred_of_a_day(shop: Shop) -> None:
    answers = await asyncio.gather(*(ask(shop, Wish({EXEMPT: 3})) for _ in range(8)), return_exceptions=True)

    assert [type(answer) for answer in answers if not isinstance(answer, PlacedOrder)] == [FreePlacesTaken] * 5
    assert await standing(shop) == (0, 9, 9)
    await ask(shop, Wish({ADULT: 2, EXEMPT: 3}))


async def test_unpaid_orders_have_three_in_ten_of_a_day_whatever_comes_at_once(shop: Shop) -> None:
    answers = await asyncio.gather(*(ask(shop, Wish({ADULT: 20})) for _ in range(12)), return_exceptions=True)

    placed = [answer for answer in answers if isinstance(answer, PlacedOrder)]
    assert [type(answer) for answer in answers if not isinstance(answer, PlacedOrder)] == [ManyUnpaid] * 5
    assert await standing(shop) == (140, 0, 0)
    await shop.take("whole", placed[0])
    await ask(shop, Wish({ADULT: 20}))


async def test_a_small_place_may_be_held_whole(shop: Shop) -> None:
    await shop.unit.pool.execute("UPDATE days SET capacity = 60")
    await ask(shop, Wish({ADULT: 60}))
    with pytest.raises(SoldOut):
        await ask(shop, Wish({ADULT: 1}))


async def test_late_money_buys_although_others_hold_unpaid_all_they_may(shop: Shop) -> None:
    late = await ask(shop, Wish({ADULT: 30}))
    await shop.take("expire", late)
    for _ in range(3):
        await ask(shop, Wish({ADULT: 50}))

    await shop.take("whole", late)

    assert await shop.status(late) == "ticketed"
    assert await standing(shop) == (150, 30, 0)


async def test_whoever_gives_up_what_cost_nothing_gives_its_places_back_and_its_tickets_open_nothing(
    shop: Shop,
) -> None:
    order = await ask(shop, Wish({EXEMPT: 4}))
    tickets = await shop.visitor.get(f"/t/{order.token}")
    assert f"/orders/{order.token}/cancel" in tickets.text
    asked = await shop.visitor.get(f"/orders/{order.token}/cancel")
    assert "None of this order&#39;s tickets" in asked.text

    given_up = await shop.visitor.post(f"/orders/{order.token}/cancel", data={"idempotency_key": str(uuid4())})

    assert given_up.status_code == 303
    assert await shop.status(order) == "cancelled"
    assert await shop.unit.pool.fetchval("SELECT array_agg(DISTINCT status) FROM tickets") == ["revoked"]
    assert await standing(shop) == (0, 0, 0)
    assert "This order was cancelled" in (await shop.visitor.get(f"/t/{order.token}", follow_redirects=True)).text


async def test_what_cost_nothing_is_not_given_up_once_somebody_went_in(shop: Shop) -> None:
    order = await ask(shop, Wish({EXEMPT: 4}))
    await shop.unit.pool.execute("UPDATE tickets SET admitted = 1")

    assert not await shop.cancel(order)

    assert await shop.status(order) == "ticketed"
    assert await standing(shop) == (0, 4, 4)


@pytest.mark.parametrize("people", [{ADULT: 5}, {EXEMPT: 5}], ids=["paid", "free"])
async def test_a_revoked_ticket_gives_back_the_places_that_nobody_has_used(
    shop: Shop, people: Mapping[Category, int]
) -> None:
    order = await ask(shop, Wish(people))
    if not order.ticketed:
        await shop.take("whole", order)
    await shop.unit.pool.execute("UPDATE tickets SET admitted = 2")
    ticket_id = TicketId(await shop.unit.pool.fetchval("SELECT ticket_id FROM tickets"))

    outcomes = [await shop.unit.run(revoke_ticket, RevokeTicket(ticket_id, "a test")) for _ in range(2)]

    assert outcomes == [True, False]
    assert await standing(shop) == (0, 2, 2 if order.ticketed else 0)


async def test_a_revoked_ticket_of_a_stay_gives_back_each_of_its_nights(shop: Shop) -> None:
    order = await ask(shop, Wish({GUEST: 5}, nights=3))
    await shop.take("whole", order)
    ticket_id = TicketId(await shop.unit.pool.fetchval("SELECT ticket_id FROM tickets"))

    await shop.unit.run(revoke_ticket, RevokeTicket(ticket_id, "a test"))

    sold = await shop.unit.pool.fetch("SELECT sold FROM days WHERE product_id = $1", CLAY_HOUSE)
    assert [row["sold"] for row in sold] == [0, 0, 0]


Status = Literal["unpaid", "bought", "gone"]
End = Literal["cancel", "expire", "whole"]


@dataclass(slots=True)
class Known:
    """An order as the list has it."""

    wish: Wish
    placed: PlacedOrder
    status: Status


@dataclass(slots=True)
class List:
    """All orders, and what the rules say of one more."""

    orders: list[Known] = field(default_factory=list[Known])

    def on(self, day: int, *, stay: bool, status: Status | None = None, free: bool = False) -> int:
        return sum(
            known.wish.people
            for known in self.orders
            if known.status != "gone"
            and (known.wish.nights > 0) == stay
            and day in known.wish.days
            and status in (None, known.status)
            and (known.wish.is_free or not free)
        )

    def refuses(self, wish: Wish) -> set[type[DomainError]]:
        """Why, by its days: each may have a reason of its own, and any of them is a true one."""
        return {found for day in wish.days if (found := self._refuses_on(day, wish)) is not None}

    def _refuses_on(self, day: int, wish: Wish) -> type[DomainError] | None:
        stay = wish.nights > 0
        if self.on(day, stay=stay) + wish.people > (BEDS if stay else DAY_CAPACITY):
            return SoldOut
        if wish.is_free:
            return FreePlacesTaken if self.on(day, stay=stay, free=True) + wish.people > 10 else None
        unpaid = self.on(day, stay=stay, status="unpaid")
        if not stay:
            return ManyUnpaid if unpaid + wish.people > 150 else None
        if wish.nights <= 3 or wish.people <= 6:
            return ManyUnpaid if unpaid > 20 else None
        return CallTheHouse if wish.people > 20 else ManyUnpaid if unpaid + wish.people > 20 else None


VISITS = st.tuples(st.sampled_from([0, 7, 25, 48]), st.integers(1, 4), st.integers(0, 1)).map(
    lambda drawn: Wish({ADULT: drawn[0], EXEMPT: drawn[1]}, 0, drawn[2])
)
# The order of nothing that fills a day's share of them comes seldom by itself.
FREE = st.integers(3, 5).map(lambda exempt: Wish({EXEMPT: exempt}))
STAYS = st.tuples(st.sampled_from([1, 6, 7, 13, 20, 21, 40]), st.integers(1, 5), st.integers(0, 2)).map(
    lambda drawn: Wish({GUEST: drawn[0]}, drawn[1], drawn[2])
)
HOW: tuple[End, ...] = ("cancel", "expire", "whole", "whole")
ENDS = st.tuples(st.sampled_from(HOW), st.integers(0, 5))


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(VISITS | FREE | FREE | STAYS | ENDS, min_size=4, max_size=24))
async def test_each_order_is_taken_or_refused_as_a_list_of_all_orders_says(
    shop: Shop, moves: list[Wish | tuple[End, int]]
) -> None:
    await empty(shop)
    known = List()
    for move in moves:
        if isinstance(move, Wish):
            reasons = known.refuses(move)
            if reasons:
                with pytest.raises(tuple(reasons)):
                    await ask(shop, move)
            else:
                placed = await ask(shop, move)
                known.orders.append(Known(move, placed, "bought" if move.is_free else "unpaid"))
        elif known.orders:
            await end(shop, known.orders, *move)
        await agree(shop, known)


async def end(shop: Shop, orders: list[Known], how: End, number: int) -> None:
    chosen = orders[number % len(orders)]
    if how == "expire":
        # Large orders have an hour and two minutes.
        shop.now[0] += timedelta(hours=1)
        await shop.take("expire", chosen.placed)
        for known in orders:
            known.status = "gone" if known.status == "unpaid" else known.status
    elif how == "whole" and chosen.status == "unpaid":
        await shop.take("whole", chosen.placed)
        chosen.status = "bought"
    elif how == "cancel" and (chosen.status == "unpaid" or chosen.wish.is_free):
        assert await shop.cancel(chosen.placed)
        chosen.status = "gone"


async def agree(shop: Shop, known: List) -> None:
    """The counts of every day are what the list says."""
    for row in await shop.unit.pool.fetch("SELECT product_id, day, held, sold, free FROM days"):
        stay, day = row["product_id"] == CLAY_HOUSE, (row["day"] - VISIT_ON).days
        assert (row["held"], row["sold"], row["free"]) == (
            known.on(day, stay=stay, status="unpaid"),
            known.on(day, stay=stay, status="bought"),
            known.on(day, stay=stay, free=True),
        )
