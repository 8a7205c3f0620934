"""Who asks too much hears so, in words; who comes as people come never does. All services as they are built."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from shared.passes.auth import GATE, OWNER, Role
from shared.web.i18n import Language
from shared.web.limits import (
    MOST_HEAD_BYTES,
    ORDERS,
    SESSION,
    SMALL,
    STREAMS_A_LINK,
    STREAMS_A_SESSION,
    STREAMS_AN_ADDRESS,
    WRITES,
)
from tests.support.cluster import Cluster
from tests.support.doors_samples import sample_of
from tests.support.doors_table import ROWS
from tests.support.doors_world import ORIGIN, OTHER, VENUE, World, open_world
from tests.support.texts import translate

pytestmark = pytest.mark.asyncio(loop_scope="module")
API_ORDERS = next(row for row in ROWS if row.path == "/api/orders")
_Held = tuple[asyncio.Task[None], asyncio.Event]
_addresses = iter(f"198.51.100.{number}" for number in range(1, 255))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(cluster, tmp_path_factory.mktemp("doors") / "secrets") as opened:
        for app in opened.apps.values():
            # Nothing is given back however slowly these tests run; a key of one is not one of another.
            app.state.limiter.clock = lambda: 0.0
        yield opened


def browser(world: World, service: str, address: str, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(world.apps[service], client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"accept": "application/json", **headers})


async def order(world: World, visitor: httpx.AsyncClient) -> httpx.Response:
    sample = await sample_of(world, API_ORDERS)
    return await visitor.post("/api/orders", json=sample.body, headers={"idempotency-key": str(uuid4())})


async def test_the_31st_order_of_an_address_in_a_minute_is_asked_to_wait_and_others_order_on(world: World) -> None:
    async with browser(world, "ticketing", next(_addresses)) as flood:
        answers = [await order(world, flood) for _ in range(ORDERS.a_minute + 1)]
    assert [answer.status_code for answer in answers[:-1]] == [201] * ORDERS.a_minute
    refused = answers[-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    async with browser(world, "ticketing", next(_addresses)) as other:
        assert (await order(world, other)).status_code == 201


async def test_a_house_of_ipv6_addresses_is_one_address(world: World) -> None:
    answers: list[int] = []
    for number in range(ORDERS.a_minute + 1):
        async with browser(world, "ticketing", f"2001:db8:0:1::{number:x}") as visitor:
            answers.append((await order(world, visitor)).status_code)
    assert answers == [201] * ORDERS.a_minute + [429]


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_a_person_reads_how_long_to_wait(world: World, language: Language) -> None:
    headers = {"accept": "text/html", "accept-language": language}
    async with browser(world, "ticketing", next(_addresses), **headers) as flood:
        for _ in range(WRITES.a_minute):
            assert (await flood.post("/sign-out", data={"door": "office"})).status_code == 303
        refused = await flood.post("/sign-out", data={"door": "office"})
    assert refused.status_code == 429
    wait_s = int(refused.headers["retry-after"])
    assert translate("errors.too_many_requests", language) in refused.text
    assert translate("errors.too_many_requests.do", language, retry_after_s=wait_s) in refused.text


async def test_wrong_passes_count_by_address_and_good_ones_by_whose_they_are(world: World) -> None:
    address = next(_addresses)
    good = {"cookie": f"{GATE}={world.token(world.issued(Role.DEVICE, OTHER))}"}
    undo = next(row for row in ROWS if row.path == "/api/gate/undo")
    async with browser(world, "ticketing", address) as visitor:
        forged = [await visitor.post(undo.path, json={}, headers={"cookie": f"{GATE}=x"}) for _ in range(121)]
        assert [answer.status_code for answer in forged] == [401] * WRITES.a_minute + [429]
        gate = [(await visitor.post(undo.path, json={}, headers=good)).status_code for _ in range(SESSION.a_minute + 1)]
    assert gate == [422] * SESSION.a_minute + [429]
    async with browser(world, "ticketing", next(_addresses)) as elsewhere:
        assert (await elsewhere.post(undo.path, json={}, headers=good)).status_code == 429


async def test_this_machine_itself_is_not_counted(world: World) -> None:
    async with browser(world, "ticketing", "127.0.0.1") as ourselves:
        answers = {(await order(world, ourselves)).status_code for _ in range(ORDERS.a_minute + 5)}
    assert answers == {201}


async def test_ten_families_and_a_gate_of_four_phones_behind_one_address_are_never_refused(world: World) -> None:
    address, phone = next(_addresses), {"cookie": f"{GATE}={world.token(world.issued(Role.DEVICE))}"}
    scans = await sample_of(world, next(row for row in ROWS if row.path == "/api/gate/scans"))
    answers: list[int] = []
    async with browser(world, "ticketing", address) as visitor:
        for _ in range(10):
            placed = await order(world, visitor)
            pages = [f"/venues/{VENUE}", f"/orders/{placed.json()['token']}", "/static/shared/css/base.css", "/"]
            answers += [placed.status_code, *[(await visitor.get(page)).status_code for page in pages * 10]]
        for _ in range(240):
            answers.append((await visitor.post("/api/gate/scans", json=scans.body, headers=phone)).status_code)
    assert set(answers) == {200, 201}


async def test_an_order_s_link_has_eight_streams_and_gets_one_back_when_one_ends(world: World) -> None:
    async with browser(world, "ticketing", "127.0.0.1") as visitor:
        path = f"/api/orders/{(await order(world, visitor)).json()['token']}/live"
    async with _streams(world, "ticketing") as streams:
        for _ in range(STREAMS_A_LINK):
            assert await streams.open(path, next(_addresses)) == 200
        assert await streams.open(path, next(_addresses)) == 429
        await streams.close_one()
        assert await streams.open(path, next(_addresses)) == 200


async def test_an_address_has_two_hundred_streams_over_all_links(world: World) -> None:
    address = next(_addresses)
    async with browser(world, "ticketing", "127.0.0.1") as visitor:
        links = [f"/api/orders/{(await order(world, visitor)).json()['token']}/live" for _ in range(26)]
    async with _streams(world, "ticketing") as streams:
        answers = [await streams.open(links[number // 8], address) for number in range(STREAMS_AN_ADDRESS + 1)]
    assert answers == [200] * STREAMS_AN_ADDRESS + [429]


async def test_a_session_has_twenty_streams_wherever_it_is(world: World) -> None:
    cookie = f"{OWNER}={world.token(world.issued(Role.OWNER))}"
    async with _streams(world, "payments") as streams:
        answers = [
            await streams.open("/api/owner/live", next(_addresses), cookie) for _ in range(STREAMS_A_SESSION + 1)
        ]
    assert answers == [200] * STREAMS_A_SESSION + [429]


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "POST" and "scans" not in row.path], ids=str)
async def test_no_form_takes_more_than_64_kb(world: World, row: Any) -> None:
    role = next((role for role in Role if role in row.who), None)
    cookie = "" if role is None else f"__Host-{row.door}={world.token(world.issued(role))}"
    path = row.path.replace("{person_id}", str(uuid4())).replace("{device_id}", str(uuid4()))
    path = path.replace("{cash_id}", str(uuid4())).replace("{token}", "none")
    async with browser(world, row.service, "127.0.0.1", cookie=cookie) as visitor:
        answer = await visitor.post(path, content=b"x" * (SMALL.most_bytes + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_head_of_more_than_16_kb_is_refused_in_words(world: World) -> None:
    headers = {"accept": "text/html", "accept-language": "vi", "cookie": "a=" + "x" * MOST_HEAD_BYTES}
    async with browser(world, "ticketing", "127.0.0.1", **headers) as visitor:
        answer = await visitor.get("/")
    assert answer.status_code == 431
    assert translate("errors.head_too_large", "vi") in answer.text


@dataclass(slots=True)
class Streams:
    """Event streams of one service, held open as browsers do."""

    app: Any
    _held: list[_Held] = field(default_factory=list[_Held])

    async def open(self, path: str, address: str, cookie: str = "") -> int:
        """The status of one more stream, which stays open if it is 200."""
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        gone = asyncio.Event()
        asked = False

        async def receive() -> dict[str, object]:
            nonlocal asked
            if asked:
                await gone.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answered.set_result(message["status"])

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "https",
            "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "client": (address, 1),
            "server": ("doors.test", 443), "headers": [(b"host", b"doors.test"), (b"cookie", cookie.encode())],
        }  # fmt: skip
        self._held.append((asyncio.ensure_future(self.app(scope, receive, send)), gone))
        return await answered

    async def close_one(self) -> None:
        await self._close(*self._held.pop(0))

    async def close(self) -> None:
        for task, gone in self._held:
            await self._close(task, gone)

    async def _close(self, task: asyncio.Task[None], gone: asyncio.Event) -> None:
        gone.set()
        await asyncio.wait([task])


@asynccontextmanager
async def _streams(world: World, service: str) -> AsyncGenerator[Streams]:
    """Streams that do not end by themselves, as those of the other tests of this world do."""
    live = world.services[service].live
    assert live is not None
    live.closing.clear()
    streams = Streams(world.apps[service])
    try:
        yield streams
    finally:
        await streams.close()
        live.close()
