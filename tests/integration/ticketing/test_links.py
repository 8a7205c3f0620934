"""Whoever has an order's link has the order; whoever reads the database, or a dump of it, has no link."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from services.ticketing.sales.usecases.hash_links import HashLinks, hash_links
from shared.ids import uuid7
from shared.storage.db import create_pool
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS, PRODUCT, furnish_venue
from tests.support.shop import VISIT_ON, Shop, opened

JSON = {"accept": "application/json", "content-type": "application/json"}


@pytest.fixture
async def shop(cluster: Cluster) -> AsyncIterator[Shop]:
    async with cluster.database("links", MIGRATIONS, furnish_venue) as url:
        pool = await create_pool(url, "ticketing", 10)
        async with opened(pool, Waker(url, solo=True)) as shop:
            yield shop
        await pool.close()


async def ask(shop: Shop, order_id: str) -> httpx.Response:
    body = f'{{"order_id":"{order_id}","product_id":"{PRODUCT}","visit_on":"{VISIT_ON}","counts":{{"adult":1}}}}'
    return await shop.visitor.post("/api/orders", content=body.encode(), headers={**JSON, "idempotency-key": order_id})


async def placed(shop: Shop, order_id: str) -> str:
    """The link of a new order, or of the same one asked for again."""
    answer = await ask(shop, order_id)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def opens(shop: Shop, link: str) -> int:
    return (await shop.visitor.get(f"/api/orders/{link}", headers=JSON)).status_code


async def everything(shop: Shop) -> str:
    """The whole database as text."""
    tables = await shop.unit.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows: list[str] = []
    for table in tables:
        found = await shop.unit.pool.fetch(f"SELECT one::text FROM {table['tablename']} AS one")
        rows += [row["one"] for row in found]
    return "\n".join(rows)


async def as_before(shop: Shop, order_id: str, link: str) -> None:
    """The order as the release before kept it."""
    written = "UPDATE orders SET token = $2, sealed_link = NULL WHERE order_id = $1::text::uuid"
    await shop.unit.pool.execute(written, order_id, link)


async def test_the_database_has_no_link_and_what_it_has_opens_nothing(shop: Shop) -> None:
    order_id = str(uuid7())
    link = await placed(shop, order_id)
    assert await opens(shop, link) == 200
    assert link not in await everything(shop)
    known = await shop.unit.pool.fetchval("SELECT token FROM orders WHERE order_id = $1::text::uuid", order_id)
    assert await opens(shop, known) == 404
    assert await placed(shop, order_id) == link, "its request repeated is told it"


async def test_links_of_the_release_before_open_and_are_hashed_once_nobody_asks_for_them_again(shop: Shop) -> None:
    order_id = str(uuid7())
    link = await placed(shop, order_id)
    await as_before(shop, order_id, link)
    assert await opens(shop, link) == 200
    assert await placed(shop, order_id) == link
    for days, is_in_clear in ((6, True), (2, False)):
        shop.now[0] += timedelta(days=days)
        await shop.unit.run(hash_links, HashLinks())
        assert (link in await everything(shop)) is is_in_clear
        assert await opens(shop, link) == 200
