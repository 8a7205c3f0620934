"""The drill of a new pass key: nobody is signed out and no phone unpaired, until a stolen key is taken out."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from deploy.local.secrets import ensure_secrets
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from services.ticketing.people.usecases.first_people import seed_people
from shared.clock import utc_now
from shared.keys.files import PASS_KEYS, PASS_PUBLIC_KEYS
from shared.keys.new_key import make_key, use_key
from shared.passes.auth import GATE, OFFICE, OWNER, Cookie
from shared.process.service import Service
from shared.settings import SERVICES, Settings
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.doors_house import HOST, MANAGER, OPERATOR, ORIGIN, PEOPLE, SEED, new_code, post, sign_in_with
from tests.support.earlier_release import APPS

VIEWER = PEOPLE["province"]
# Which of the files a service's containers are given, as docker-compose.yml says.
GIVEN = {"ticketing": ("ticket-key*", "pass-key*"), "payments": ("pass-public*",), "analytics": ("pass-public*",)}


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody's browser holds, and a page that it opens."""

    cookie: Cookie
    token: str
    service: str
    page: str


@dataclass(slots=True)
class Town:
    """All three services as their app.py builds them, each with the key files that it is given and no other."""

    folder: Path
    databases: dict[str, str]
    stack: AsyncExitStack
    apps: dict[str, FastAPI] = field(default_factory=dict[str, FastAPI])

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    async def start(self, *services: str) -> None:
        """A service reads its keys as it starts; the others go on with those that they have."""
        for name in services:
            own = self.folder / f"{name}-{uuid4().hex[:8]}"
            own.mkdir()
            for file in (file for pattern in GIVEN[name] for file in self.secrets.glob(pattern)):
                shutil.copy(file, own)
            environment = {"SECRETS_DIR": str(own), f"{name.upper()}_DATABASE_URL": self.databases[name]}
            built: Service = await APPS[name].build(Settings.read(name, environment))
            for close in (built.unit.pool.close, *built.closers):
                self.stack.push_async_callback(close)
            assert built.api is not None
            app = built.api()
            assert isinstance(app, FastAPI)
            self.apps[name] = app

    def browser(self, service: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.apps[service])
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"accept": "text/html"})

    async def sign_in(self) -> list[Held]:
        """A manager, a viewer of the province, and an owner on a phone that is paired first."""
        desk, province, phone, operator = (self.browser("ticketing") for _ in range(4))
        for browser, person in ((desk, MANAGER), (province, VIEWER), (operator, OPERATOR)):
            assert (await sign_in_with(browser, person.login, person.password)).status_code == 303
        code = await new_code(operator, f"owner:{HOST.person_id}")
        assert (await post(phone, "/pair", code=code, name="Phone")).status_code == 303
        signed_in = await phone.post("/sign-in/owner", data={"person_id": str(HOST.person_id), "pin": HOST.pin})
        assert signed_in.status_code == 303
        return [
            Held(OFFICE, desk.cookies[OFFICE], "ticketing", "/manage"),
            Held(GATE, phone.cookies[GATE], "ticketing", "/sign-in/owner"),
            Held(OWNER, phone.cookies[OWNER], "payments", "/owner"),
            Held(OFFICE, province.cookies[OFFICE], "analytics", "/province"),
        ]

    async def opened(self, held: list[Held]) -> list[bool]:
        """Which of them still open their page; the others are sent to where one signs in or pairs."""
        found: list[bool] = []
        for one in held:
            cookie = f"{one.cookie}={one.token}"
            answer = await self.browser(one.service).get(one.page, headers={"cookie": cookie})
            assert answer.status_code in (200, 303), answer.text
            found.append(answer.status_code == 200)
        return found


@pytest.fixture
async def town(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Town]:
    ensure_secrets(tmp_path / "secrets")
    async with AsyncExitStack() as stack:
        databases = {
            name: await stack.enter_async_context(
                cluster.database(name, MIGRATIONS[name], furnish if name == "ticketing" else None)
            )
            for name in SERVICES
        }
        town = Town(tmp_path, databases, stack)
        await town.start(*SERVICES)
        yield town


async def furnish(url: str) -> None:
    pool = await create_pool(url, "drill", 2)
    unit = Unit(pool, "ticketing", "ticketing.events", utc_now, Waker(url, solo=True))
    await unit.run(load_catalogue, SEED)
    await seed_people(unit, [OPERATOR, MANAGER, HOST, VIEWER])
    await pool.close()


def key_of(held: Held) -> str:
    """The key's id in front of the token; "" for the first, as all passes were before there were several keys."""
    return held.token.rpartition(".")[0].rpartition(".")[0]


async def test_a_new_pass_key_is_known_to_all_before_it_signs_and_passes_of_the_old_one_live_on(town: Town) -> None:
    before = await town.sign_in()
    assert await town.opened(before) == [True] * 4

    assert make_key(town.secrets, PASS_KEYS) == 2
    await town.start("ticketing")
    between = await town.sign_in()
    assert {key_of(held) for held in before + between} == {""}, "the others do not know the new key yet"
    assert await town.opened(before + between) == [True] * 8
    await town.start("payments", "analytics")

    # Ticketing alone starts again: the others know the key already.
    assert use_key(town.secrets, PASS_KEYS) == 2
    await town.start("ticketing")
    after = await town.sign_in()
    assert {key_of(held) for held in after} == {"2"}
    assert await town.opened(before + after) == [True] * 8

    # A stolen key leaves: everybody signs in again and phones pair again, in every service.
    for files in (PASS_KEYS, PASS_PUBLIC_KEYS):
        files.file(town.secrets, 1).unlink()
    assert ensure_secrets(town.secrets) == [], "it does not come back under its number"
    await town.start(*SERVICES)
    assert await town.opened(before) == [False] * 4
    assert await town.opened(after) == [True] * 4
