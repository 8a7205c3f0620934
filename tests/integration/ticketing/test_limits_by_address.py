"""Open unpaid orders of one address are few, and more for whoever pays; a house or a bus behind one address passes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from services.ticketing.sales.domain.addresses import AddressHasher
from services.ticketing.sales.usecases.forget_addresses import ForgetAddresses, forget_addresses
from services.ticketing.sales.usecases.place_orders import PlacedOrder
from shared.ids import OrderId, uuid7
from shared.money import Dong
from shared.storage.db import create_pool
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, furnish_venue
from tests.support.shop import VISIT_ON, Shop, opened

MOBILE, OTHER = "27.64.12.9", "113.160.5.5"
HOUSE, SAME_HOUSE, NEXT_HOUSE = "2405:4800:1::7", "2405:4800:1::abcd:1", "2405:4800:1:1::7"


@pytest.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("addresses", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "addresses", 10)
        try:
            async with opened(pool, Waker(url, solo=True)) as shop:
                await pool.execute("UPDATE days SET capacity = 3000")
                yield shop
        finally:
            await pool.close()


async def buy(shop: Shop, address: str, visit_on: date = VISIT_ON, **people: int) -> httpx.Response:
    body = {
        "order_id": str(uuid7()),
        "product_id": PRODUCT,
        "visit_on": visit_on.isoformat(),
        "counts": people or {"adult": 2, "child": 1, "child_under_6": 1},
    }
    async with shop.from_address(address) as visitor:
        return await visitor.post("/api/orders", json=body, headers={"Idempotency-Key": str(uuid4())})


async def pay(shop: Shop, answer: httpx.Response) -> None:
    told = answer.json()
    placed = PlacedOrder(
        OrderId(UUID(told["order_id"])), told["token"], Dong(told["total_vnd"]), shop.now[0], ticketed=False
    )
    await shop.take("whole", placed)


async def test_ten_families_behind_one_address_pass_and_the_next_hears_what_to_do(shop: Shop) -> None:
    families = [await buy(shop, MOBILE) for _ in range(10)]
    eleventh = await buy(shop, MOBILE)

    assert [answer.status_code for answer in families] == [201] * 10
    assert (eleventh.status_code, eleventh.json()["code"]) == (429, "too_many_open_orders")
    assert eleventh.headers["retry-after"] == "900"
    assert "pay or cancel" in eleventh.json()["detail"]
    assert (await buy(shop, OTHER)).status_code == 201
    assert (await buy(shop, MOBILE, disability_very_severe=2)).status_code == 201


async def test_each_paid_order_allows_two_more_for_an_hour(shop: Shop) -> None:
    orders = [await buy(shop, MOBILE) for _ in range(10)]
    await pay(shop, orders[0])
    await pay(shop, orders[1])

    # Two are paid: eight are open, and fourteen may be.
    more = [(await buy(shop, MOBILE)).status_code for _ in range(7)]
    assert more == [201] * 6 + [429]

    shop.now[0] += timedelta(hours=2)
    await shop.take("expire", PlacedOrder(OrderId(uuid7()), "", Dong(0), shop.now[0], ticketed=False))
    later = [(await buy(shop, MOBILE)).status_code for _ in range(11)]
    assert later == [201] * 10 + [429]


async def test_whoever_cancels_may_order_again(shop: Shop) -> None:
    orders = [await buy(shop, MOBILE) for _ in range(10)]
    assert (await buy(shop, MOBILE)).status_code == 429

    token = orders[0].json()["token"]
    await shop.visitor.post(f"/orders/{token}/cancel", data={"idempotency_key": str(uuid4())})

    assert (await buy(shop, MOBILE)).status_code == 201


async def test_of_many_at_once_exactly_ten_pass(shop: Shop) -> None:
    # On days of their own they meet nowhere but at the address.
    days = [VISIT_ON + timedelta(days=later) for later in range(25)]
    answers = await asyncio.gather(*(buy(shop, MOBILE, day) for day in days))

    assert Counter(answer.status_code for answer in answers) == {201: 10, 429: 15}
    assert await shop.unit.pool.fetchval("SELECT sum(people) FROM orders WHERE address_hash IS NOT NULL") == 40
    held = await shop.unit.pool.fetchval("SELECT sum(held) FROM days")
    assert (held, 0) == await shop.people()


async def test_a_house_is_one_address_by_its_half_of_ipv6(shop: Shop) -> None:
    for number in range(10):
        assert (await buy(shop, (HOUSE, SAME_HOUSE)[number % 2])).status_code == 201

    assert (await buy(shop, SAME_HOUSE)).status_code == 429
    assert (await buy(shop, NEXT_HOUSE)).status_code == 201


@pytest.mark.parametrize("address", ["127.0.0.1", "172.18.0.1", "", "a proxy"])
async def test_where_nobodys_own_address_is_known_nothing_is_counted(shop: Shop, address: str) -> None:
    assert [(await buy(shop, address)).status_code for _ in range(12)] == [201] * 12
    assert await shop.unit.pool.fetchval("SELECT count(*) FROM orders WHERE address_hash IS NOT NULL") == 0


async def test_where_orders_came_from_is_forgotten_as_soon_as_it_counts_no_more(shop: Shop) -> None:
    early = [await buy(shop, MOBILE) for _ in range(10)]
    shop.now[0] += timedelta(hours=2)
    late = await buy(shop, OTHER)

    async def known() -> set[str]:
        await shop.unit.run(forget_addresses, ForgetAddresses())
        rows = await shop.unit.pool.fetch("SELECT order_id FROM orders WHERE address_hash IS NOT NULL")
        return {str(row["order_id"]) for row in rows}

    assert await known() == {answer.json()["order_id"] for answer in (*early, late)}
    # What counts is not forgotten, and what is forgotten did not count.
    assert (await buy(shop, MOBILE)).status_code == 429
    shop.now[0] += timedelta(hours=1)
    assert (await buy(shop, MOBILE)).status_code == 201
    assert len(await known()) == 2
    shop.now[0] += timedelta(hours=3)
    assert await known() == set()


async def test_the_form_says_so_in_words(shop: Shop) -> None:
    for _ in range(10):
        await buy(shop, MOBILE)
    form = {
        "product_id": PRODUCT,
        "visit_on": VISIT_ON.isoformat(),
        "count_adult": "2",
        "idempotency_key": str(uuid4()),
    }
    async with shop.from_address(MOBILE) as visitor:
        page = await visitor.post("/orders", data=form, headers={"accept": "text/html", "accept-language": "vi"})

    assert (page.status_code, page.headers["retry-after"]) == (429, "900")
    assert "thanh toán hoặc huỷ bớt đơn" in page.text


def test_an_address_is_kept_as_a_hash_that_is_another_one_each_day_and_under_each_key() -> None:
    today, tomorrow = date(2026, 11, 28), date(2026, 11, 29)
    hashes = {
        AddressHasher(secret).hash_of(address, day)
        for secret in (b"one", b"other")
        for address in (MOBILE, OTHER)
        for day in (today, tomorrow)
    }

    assert len(hashes) == 8
    assert {len(found) for found in hashes if found is not None} == {16}
