"""An order is placed once: its request repeated is answered as the first time, and nobody else's request is."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from uuid import uuid4

import httpx
import pytest

from services.ticketing.catalogue.domain.products import Category
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder, place_orders
from shared.clock import utc_now
from shared.ids import OrderId, uuid7
from shared.money import Dong
from shared.storage.db import create_pool
from shared.unit import idempotency
from shared.unit.batch import One
from shared.unit.idempotency import Key, Once
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, furnish_venue
from tests.support.shop import CAPACITY, VISIT_ON, Shop, opened

# The shop's one order of before, of so many people.
TAKEN = 1
JSON = {"accept": "application/json", "content-type": "application/json"}


@pytest.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("orders_once", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "ticketing", 10)
        async with opened(pool, Waker(url, solo=True)) as shop:
            yield shop
        await pool.close()


def body_of(order_id: str, people: int = 2) -> bytes:
    told = f'{{"order_id":"{order_id}","product_id":"{PRODUCT}","visit_on":"{VISIT_ON}","counts":{{"adult":{people}}}}}'
    return told.encode()


async def orders_placed(shop: Shop) -> int:
    return int(await shop.unit.pool.fetchval("SELECT count(*) FROM orders")) - 1


async def ask(shop: Shop, order_id: str, key: str | None = None, people: int = 2) -> httpx.Response:
    headers = {**JSON, "idempotency-key": order_id if key is None else key}
    return await shop.visitor.post("/api/orders", content=body_of(order_id, people), headers=headers)


async def test_a_repeated_request_is_answered_as_the_first_time_whatever_has_happened_since(shop: Shop) -> None:
    order_id = str(uuid7())
    first = await ask(shop, order_id, people=CAPACITY - TAKEN)
    assert first.status_code == 201
    sold_out = await ask(shop, order_id, people=CAPACITY - TAKEN)
    shop.now[0] += timedelta(days=30)
    over = await ask(shop, order_id, people=CAPACITY - TAKEN)
    assert first.json() == sold_out.json() == over.json()
    assert await orders_placed(shop) == 1
    assert sum(await shop.places()) == CAPACITY


async def test_requests_repeated_at_the_same_time_place_one_order_and_take_nobody_elses_places(shop: Shop) -> None:
    """The repeats come in one batch with others, who get what is left, as if the repeats were not there."""
    order_id, others = str(uuid7()), [str(uuid7()) for _ in range(2)]
    first = await ask(shop, order_id, people=2)
    asked = [ask(shop, str(uuid7()), people=1), *(ask(shop, order_id, people=2) for _ in range(5))]
    answers = await asyncio.gather(*asked, *(ask(shop, other, people=1) for other in others))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert {answer.json()["token"] for answer in answers[1:6]} == {first.json()["token"]}
    assert sum(await shop.places()) == CAPACITY
    assert await shop.places() == await shop.people()


async def test_one_key_asks_for_one_thing(shop: Shop) -> None:
    order_id = str(uuid7())
    assert (await ask(shop, order_id)).status_code == 201
    other = await ask(shop, order_id, people=1)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


async def test_who_knows_an_orders_id_and_what_was_asked_learns_no_link(shop: Shop) -> None:
    order_id = str(uuid7())
    placed = await ask(shop, order_id, key=str(uuid4()))
    stranger = await ask(shop, order_id, key=str(uuid4()))
    assert (stranger.status_code, stranger.json()["code"]) == (409, "order_exists")
    assert placed.json()["token"] not in stranger.text
    # Nor does the database know by what it could be asked again.
    stored = await shop.unit.pool.fetchval("SELECT encode(proof, 'hex') FROM orders WHERE proof IS NOT NULL")
    assert (await ask(shop, order_id, key=stored)).status_code == 409


async def test_a_form_sent_twice_is_one_order(shop: Shop) -> None:
    form = {
        "product_id": PRODUCT,
        "visit_on": VISIT_ON.isoformat(),
        "count_adult": "2",
        "idempotency_key": str(uuid7()),
    }
    answers = await asyncio.gather(*(shop.visitor.post("/orders", data=form) for _ in range(3)))
    assert [answer.status_code for answer in answers] == [303] * 3
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await orders_placed(shop) == 1


@pytest.mark.parametrize("is_form", [True, False])
async def test_what_the_release_before_answered_is_answered_and_not_ordered_again(shop: Shop, *, is_form: bool) -> None:
    """Its orders know nothing of their requests; of a form's it drew the id by itself."""
    old = await shop.order(2)
    order_id = str(uuid7()) if is_form else str(old.order_id)
    key = Key.of(order_id, "POST", "/api/orders", body_of(order_id))
    answer = PlacedOrder(OrderId(old.order_id), old.token, Dong(old.total_vnd), utc_now(), ticketed=False)
    async with shop.unit.pool.acquire() as connection, connection.transaction():
        assert await idempotency.claim(connection, Once(key, PlacedOrder)) is None
        await idempotency.keep(connection, Once(key, PlacedOrder), answer)
    again = await ask(shop, order_id)
    assert (again.status_code, again.json()["token"]) == (201, old.token)
    assert await orders_placed(shop) == 1
    assert await shop.places() == await shop.people()


async def together(shop: Shop, *wanted: tuple[OrderId, int]) -> list[str]:
    """What becomes of orders that come in one batch: "placed", or the code of the refusal."""
    place = partial(place_orders, catalogue=shop.catalogue, signer=shop.venue.signer)
    batch = [
        One(PlaceOrder(order_id, PRODUCT, VISIT_ON, 0, {Category("adult"): people}, "per_person"), "")
        for order_id, people in wanted
    ]
    answers = await shop.unit.run_batch(place, batch)
    return ["placed" if isinstance(answer, PlacedOrder) else getattr(answer, "code", "") for answer in answers]


async def test_who_gets_no_places_at_first_takes_none_from_whom_has_them_when_a_repeat_steps_back(shop: Shop) -> None:
    known, new = OrderId(uuid7()), [OrderId(uuid7()) for _ in range(2)]
    assert await together(shop, (known, 2)) == ["placed"]
    # Three are left: for a moment the repeat holds two of them, so the next finds too few and the last finds one.
    assert await together(shop, (known, 2), (new[0], 3), (new[1], 1)) == ["order_exists", "sold_out", "placed"]
    assert await shop.places() == await shop.people() == (4, 0)


async def test_two_requests_for_one_id_in_a_batch_disturb_nobody(shop: Shop) -> None:
    order_id, other = OrderId(uuid7()), OrderId(uuid7())
    assert await together(shop, (order_id, 30), (order_id, 1), (other, 1)) == ["sold_out", "order_exists", "placed"]
    assert await shop.places() == await shop.people()
