"""Ticketing with its doors on a database of its own, a clock that the test moves, and people who sign in there."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from services.ticketing.app import WEBS, account_doors, audit_doors, manage_doors, sign_in_doors
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from services.ticketing.people.api import account, manage, pin_at_gate, sign_in
from services.ticketing.people.usecases.first_people import seed_people
from shared.keys.files import Keys, Signer
from shared.passes.auth import Doors, Pass, PassKeys
from shared.passes.revocations import Revocations
from shared.seed.reader import FOLDER, read_seed
from shared.seed.rows import Person as SeedPerson
from shared.storage.db import Pool, create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web import audit
from shared.web.app import create_app
from shared.web.pages import Pages
from tests.support.cluster import Cluster
from tests.support.keys import new_keys

TICKETING = Path("services/ticketing")
ORIGIN = "https://doors.test"
SEED = read_seed(FOLDER)
PEOPLE = {person.login: person for person in SEED.people}
MANAGER, OTHER_MANAGER = PEOPLE["manager-lung-cu"], PEOPLE["manager-bao-tang"]
OPERATOR, HOST = PEOPLE["operator"], PEOPLE["owner-lo-lo-chai"]
LUNG_CU = "cot-co-lung-cu"
BEGINNING = datetime(2026, 11, 24, 2, tzinfo=UTC)


@dataclass
class House:
    """One ticketing with its doors, and a clock that the test moves."""

    pool: Pool
    unit: Unit
    keys: Keys
    revocations: Revocations
    app: FastAPI
    now: list[datetime]
    browsers: list[httpx.AsyncClient] = field(default_factory=list[httpx.AsyncClient])

    def browser(self, address: str = "203.0.113.7") -> httpx.AsyncClient:
        """A browser of somebody at an address, with cookies of its own, that reads pages in English."""
        headers = {"accept": "text/html", "accept-language": "en"}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(address, 40000)), base_url=ORIGIN, headers=headers
        )
        self.browsers.append(client)
        return client

    @property
    def key(self) -> Signer:
        return self.keys.signer

    def holds(self, browser: httpx.AsyncClient, cookie: str) -> Pass:
        return PassKeys(self.keys.public_keys).verify(browser.cookies[cookie], self.now[0])

    async def office(self, person: SeedPerson) -> httpx.AsyncClient:
        browser = self.browser()
        assert (await sign_in_with(browser, person.login, person.password)).status_code == 303
        return browser

    async def said(self) -> list[str]:
        return [row["type"] for row in await self.pool.fetch("SELECT type FROM outbox ORDER BY seq")]

    async def audited(self) -> list[tuple[str, UUID | None]]:
        rows = await self.pool.fetch("SELECT action, actor_id FROM audit ORDER BY id")
        return [(row["action"], row["actor_id"]) for row in rows]


@asynccontextmanager
async def open_house(cluster: Cluster) -> AsyncGenerator[House]:
    """A house where two managers, the operator and a host of the demo belong."""
    async with cluster.database("doors", TICKETING / "migrations", _furnish) as url:
        pool = await create_pool(url, "doors", 10)
        try:
            async with _opened(pool, Waker(url, solo=True)) as house:
                yield house
        finally:
            await pool.close()


async def _furnish(url: str) -> None:
    """The catalogue and those who belong there; what was said of them is behind us."""
    pool = await create_pool(url, "doors", 2)
    unit = Unit(pool, "ticketing", "ticketing.events", lambda: BEGINNING, Waker(url, solo=True))
    await unit.run(load_catalogue, SEED)
    await seed_people(unit, [MANAGER, OTHER_MANAGER, OPERATOR, HOST])
    await pool.execute("DELETE FROM outbox")
    await pool.close()


@asynccontextmanager
async def _opened(pool: Pool, waker: Waker) -> AsyncGenerator[House]:
    now, keys = [BEGINNING], new_keys()
    unit = Unit(pool, "ticketing", "ticketing.events", lambda: now[0], waker)
    revocations = Revocations(pool, waker)
    keeping_up = asyncio.create_task(revocations.run())
    pages = Pages(WEBS, "ticketing")
    app = create_app(
        "ticketing",
        [sign_in.router, manage.router, account.router, pin_at_gate.router, audit.router_of("ticketing")],
        is_ready,
        Doors(PassKeys(keys.public_keys), revocations, unit.clock),
        pages,
    )
    app.state.sign_in = sign_in_doors(unit, pages, keys)
    app.state.account = account_doors(unit, pages, keys)
    app.state.audit = audit_doors(unit, pages)
    app.state.manage = manage_doors(unit, pages, ORIGIN, keys)
    house = House(pool, unit, keys, revocations, app, now)
    yield house
    keeping_up.cancel()
    for browser in house.browsers:
        await browser.aclose()


async def is_ready() -> tuple[bool, dict[str, object]]:
    return True, {}


async def sign_in_with(browser: httpx.AsyncClient, login: str, password: str, next_to: str = "") -> httpx.Response:
    return await browser.post("/sign-in", data={"login": login, "password": password, "next": next_to})


async def post(browser: httpx.AsyncClient, path: str, key: str | None = None, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"idempotency_key": key or str(uuid4()), **fields})


async def new_code(desk: httpx.AsyncClient, pair: str = f"venue:{LUNG_CU}") -> str:
    page = await post(desk, "/manage/phones/codes", pair=pair)
    found = re.search(r'id="pairing-code">([^<]+)<', page.text)
    assert page.status_code == 200
    assert found
    assert "language-switch" not in page.text, "its link would ask for the address by GET"
    return found.group(1)


async def paired(house: House, desk: httpx.AsyncClient, pair: str = f"venue:{LUNG_CU}") -> httpx.AsyncClient:
    phone = house.browser()
    assert (await post(phone, "/pair", code=await new_code(desk, pair), name="Gate 1")).status_code == 303
    return phone


async def refused_soon(browser: httpx.AsyncClient, path: str) -> bool:
    """Whether the browser is sent to a door within moments: long before anybody would look by chance."""
    async with asyncio.timeout(10):
        while (await browser.get(path)).status_code != 303:  # noqa: ASYNC110 - a reader catches up beside us
            await asyncio.sleep(0.02)
    return True
