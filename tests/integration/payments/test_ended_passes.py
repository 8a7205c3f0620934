"""Whoever's session ended elsewhere opens nothing in payments, and hears no more of what they had open."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from shared.events.ticketing import PassesEnded
from shared.passes.auth import OWNER, Pass, Role, sign_pass
from shared.passes.revocations import note_passes_ended
from shared.storage.db import create_pool
from shared.unit.tx import Tx
from shared.unit.wake import Waker
from shared.web import live
from tests.integration.payments.test_owner import HOUSE, LIMIT_S, PAYMENTS, House, opened
from tests.support.cluster import Cluster

SESSION = uuid4()


@pytest.fixture
async def house(cluster: Cluster) -> AsyncIterator[House]:
    async with cluster.database("owner", PAYMENTS / "migrations") as url:
        pool = await create_pool(url, "owner", 10)
        async with opened(pool, Waker(url, solo=True)) as house:
            yield house
        await pool.close()


def phone_of(house: House, session_id: UUID | None) -> httpx.AsyncClient:
    now = house.now[0]
    issued = Pass(uuid4(), Role.OWNER, (HOUSE,), "", None, now, now + timedelta(days=1), session_id)
    phone = house.browser(HOUSE)
    phone.headers["cookie"] = f"{OWNER}={sign_pass(issued, house.key)}"
    return phone


async def end(house: House) -> None:
    """As the consumer does, a minute later."""
    house.now[0] += timedelta(minutes=1)
    now = house.now[0]
    event = PassesEnded(version=1, occurred_at=now, recorded_at=now, subject_id=SESSION, not_before=now)
    await house.unit.run(note_passes_ended, event)


async def something_happens(tx: Tx, venue_id: str, _now: object) -> None:
    tx.touch("venue", venue_id)


async def last_of(answer: httpx.Response) -> str:
    """The name of the last event of a stream that ends by itself."""
    return [line async for line in answer.aiter_lines() if line.startswith("event:")][-1].removeprefix("event:").strip()


async def test_a_page_of_an_ended_session_leads_to_the_door(house: House) -> None:
    phone, other = phone_of(house, SESSION), phone_of(house, None)
    assert (await phone.get("/owner")).status_code == 200
    await end(house)
    async with asyncio.timeout(LIMIT_S):
        while (await phone.get("/owner")).status_code != 303:  # noqa: ASYNC110 - a reader catches up beside us
            await asyncio.sleep(0.02)
    assert (await other.get("/owner")).status_code == 200


async def test_an_open_stream_of_an_ended_session_says_so_and_ends_at_its_next_wake(house: House) -> None:
    async with asyncio.timeout(LIMIT_S), phone_of(house, SESSION).stream("GET", "/api/owner/live") as answer:
        last = asyncio.create_task(last_of(answer))
        await end(house)
        while not last.done():
            await house.unit.run(something_happens, HOUSE)
            await asyncio.sleep(0.05)
        assert await last == "ended"


async def test_an_open_stream_ends_also_if_nothing_ever_happens(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.05)
    async with asyncio.timeout(LIMIT_S), phone_of(house, SESSION).stream("GET", "/api/owner/live") as answer:
        await end(house)
        assert await last_of(answer) == "ended"


async def test_an_open_stream_ends_with_its_pass(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "KEEP_ALIVE_S", 0.05)
    async with asyncio.timeout(LIMIT_S), phone_of(house, None).stream("GET", "/api/owner/live") as answer:
        house.now[0] += timedelta(days=1)
        assert await last_of(answer) == "ended"
