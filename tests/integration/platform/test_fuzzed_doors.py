"""Whatever is sent to whichever door by whomever: it is refused or done, and never our mistake."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from shared.passes.auth import GATE, OFFICE, Role
from tests.support.cluster import Cluster
from tests.support.doors_samples import sample_of
from tests.support.doors_table import ROWS
from tests.support.doors_world import World, open_world
from tests.support.fuzz import Fuzzed, Fuzzer
from tests.support.scope import IS_LONG, SLICE

pytestmark = pytest.mark.asyncio(loop_scope="module")
REQUESTS = 200_000 if IS_LONG else 20_000
SAMPLES_A_ROUTE = 3
# A secret that is hashed and the list of all numbers cost more than ten others.
DEAR = frozenset(
    {
        *("/sign-in", "/sign-in/owner", "/sign-in/invitation", "/account/password", "/account/owner/pin"),
        *("/manage/people", "/manage/people/{person_id}/secrets", "/metrics"),
    }
)
TIMES_RARER = 20
# Readiness is an answer about others.
FUZZED_ROWS = [row for row in ROWS if row.path != "/health/ready"]
MISTAKE = 500
LOCAL = "127.0.0.1"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with open_world(cluster, tmp_path_factory.mktemp("doors") / "secrets") as opened:
        yield opened


@pytest.mark.slow
async def test_no_request_makes_a_mistake_of_ours(cluster: Cluster, tmp_path: Path) -> None:
    # Of its own: among so many, some sign the manager out and some revoke the phone.
    async with open_world(cluster, tmp_path / "secrets") as world:
        samples = [await sample_of(world, row) for row in FUZZED_ROWS for _ in range(SAMPLES_A_ROUTE)]
        assert {row.path for row in FUZZED_ROWS} >= DEAR, "what is dear is there"
        cheap = [sample for sample in samples if sample.row.path not in DEAR]
        statuses, mistakes = await _sent(world, Fuzzer(world, samples + cheap * TIMES_RARER, SLICE))
    assert not mistakes, (len(mistakes), mistakes[:3], SLICE)
    # It comes through the doors too, or it would have tried nothing behind them.
    assert {200, 201, 303, 400, 401, 403, 404, 405, 413, 422, 429, 431} <= statuses, statuses


async def _sent(world: World, fuzzer: Fuzzer) -> tuple[set[int], list[tuple[Fuzzed, str]]]:
    """What was answered, and what should not have been."""
    statuses: set[int] = set()
    mistakes: list[tuple[Fuzzed, str]] = []
    for _ in range(REQUESTS):
        fuzzed = fuzzer.next()
        try:
            status = await fuzzed.send(world.apps[fuzzed.service])
        except Exception as error:
            mistakes.append((fuzzed, repr(error)))
            continue
        statuses.add(status)
        if status >= MISTAKE:
            mistakes.append((fuzzed, str(status)))
    return statuses, mistakes


@pytest.mark.parametrize(
    "path", ["//evil.test/x", "/\\evil.test/x", "/\t/evil.test/x", "///evil.test", "/%2F/evil.test"]
)
async def test_the_language_links_of_a_wrong_address_stay_on_our_site(world: World, path: str) -> None:
    fuzzed = Fuzzed("ticketing", "GET", path, b"", [(b"host", b"doors.test"), (b"accept", b"text/html")], b"", LOCAL)
    page = (await fuzzed.text(world.apps["ticketing"])).decode()
    links = re.findall(r'<a [^>]*href="([^"]*lang=(?:vi|en))"', page)
    assert len(links) == 2
    assert all(urljoin("https://doors.test/", unescape(link)).startswith("https://doors.test/") for link in links)


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/manage/?a=1", "/manage?a=1"),
        ("/metrics/", "/metrics"),
        ("/venues/cot-co-lung-cu//", "/venues/cot-co-lung-cu"),
    ],
)
async def test_an_address_with_a_slash_too_many_leads_on_without_naming_a_host(
    world: World, asked: str, led_to: str
) -> None:
    async with world.browser("ticketing") as browser:
        answer = await browser.get(asked, headers={"host": "evil.test"})
    assert (answer.status_code, answer.headers["location"]) == (307, led_to)


async def test_a_cookie_that_is_not_ours_to_the_byte_or_stands_twice_opens_nothing(world: World) -> None:
    token = world.token(world.issued(Role.MANAGER)).encode()
    ours = b"__Host-office=" + token
    opened = {
        ours: 200,
        b"lang=vi; " + ours: 200,
        b"\xa0" + ours: 303,
        b"\x85" + ours: 303,
        ours + b"; " + ours: 303,
        b"__host-office=" + token: 303,
        b"\xa0__Host-office=x; " + ours: 200,
        b"__Host-office=x.\xe9": 303,
    }
    for cookie, status in opened.items():
        headers = [(b"host", b"doors.test"), (b"accept", b"text/html"), (b"cookie", cookie)]
        fuzzed = Fuzzed("ticketing", "GET", "/manage", b"", headers, b"", LOCAL)
        assert await fuzzed.send(world.apps["ticketing"]) == status, cookie


@pytest.mark.parametrize("origin", ["http://[", "http://evil.test", "null"])
async def test_an_origin_that_is_no_address_is_another_site_s(world: World, origin: str) -> None:
    async with world.browser("ticketing") as browser:
        answer = await browser.post("/sign-out", headers={"origin": origin, "cookie": f"{OFFICE}=x"})
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z"])
async def test_a_time_that_no_clock_shows_is_refused_wherever_one_is_taken(world: World, instant: str) -> None:
    scan = {"scan_id": str(uuid4()), "code": "x", "occurred_at": instant}
    times = {"uses_after": instant, "tickets_after": instant, "revoked_after": str(uuid4())}
    async with world.browser("ticketing") as phone:
        phone.headers["cookie"] = f"{GATE}={world.token(world.issued(Role.DEVICE))}"
        answers = [
            await phone.post("/api/gate/scans", json={"scans": [scan]}),
            await phone.post("/api/gate/undo", json={"scan_id": str(uuid4()), "occurred_at": instant}),
            await phone.get("/api/gate/manifest", params={"since": instant}),
            await phone.get("/api/gate/manifest", params=times),
        ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "validation")] * 4


@pytest.mark.parametrize(("origin", "is_secure"), [("https://doors.test", True), ("http://doors.test", False)])
async def test_the_language_is_kept_from_networks_that_listen(world: World, origin: str, *, is_secure: bool) -> None:
    app = httpx.ASGITransport(world.apps["ticketing"])
    async with httpx.AsyncClient(transport=app, base_url=origin) as browser:
        answer = await browser.get("/?lang=en")
    assert ("secure" in answer.headers["set-cookie"].lower()) is is_secure
