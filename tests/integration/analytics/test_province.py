"""The province's page, JSON, CSV and stream: who may see them, what they say, and in a real browser."""

import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, async_playwright

from services.analytics.app import WEBS
from services.analytics.views.csv_export import COLUMNS
from services.analytics.web.api import ProvinceDoors, router
from shared.clock import local_date, utc_now
from shared.events.ticketing import PassesEnded, PersonRevoked
from shared.ids import PersonId
from shared.keys.files import Keys, Signer
from shared.passes.auth import Doors, Pass, PassKeys, Role, sign_pass
from shared.passes.revocations import Revocations
from shared.unit.wake import Waker
from shared.web.app import create_app
from shared.web.live import Live
from shared.web.pages import Pages
from tests.support.analytics_stage import Sale, Stage, venue
from tests.support.forks import end
from tests.support.ports import free_ports
from tests.support.screens import axe_findings, keep_picture, launch, only_told
from tests.support.waiting import until

RANGE = "from=2026-11-24&to=2026-11-24"


@dataclass(slots=True)
class Door:
    """The service's doors without a socket."""

    stage: Stage
    client: httpx.AsyncClient
    key: Signer

    async def get(self, path: str, scope: str = "") -> httpx.Response:
        cookie = {"Cookie": f"__Host-office={token_of(self.key, Role.PROVINCE, scope)}"}
        return await self.client.get(path, headers=cookie)


def token_of(key: Signer, role: Role, scope: str = "") -> str:
    now = utc_now()
    return sign_pass(Pass(uuid4(), role, (), scope, None, now - timedelta(minutes=1), now + timedelta(1)), key)


@pytest.fixture
async def door(stage: Stage, pass_keys: Keys) -> AsyncIterator[Door]:
    waker = Waker(stage.settings.database_url, solo=True)
    pages = Pages(WEBS, "analytics")
    live = Live(stage.pool, waker)
    doors = Doors(PassKeys(pass_keys.public_keys), Revocations(stage.pool, waker), utc_now)

    async def ready() -> tuple[bool, dict[str, object]]:
        return True, {}

    app = create_app("analytics", [router], ready, doors, pages)
    app.state.province = ProvinceDoors(stage.pool, live, pages, utc_now)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield Door(stage, client, pass_keys.signer)


async def tell(stage: Stage) -> None:
    """A site that records cash (half of its money), and a homestay that records none."""
    await stage.say(
        venue("tower"),
        venue("house", kind="homestay", district="027"),
        Sale("tower", 30_000).settled(),
        Sale("tower", 30_000).cash(),
        Sale("house", 140_000).settled(),
    )
    await stage.count()


async def test_the_headline_is_among_venues_that_record_cash_and_its_coverage_stands_beside(door: Door) -> None:
    await tell(door.stage)
    told = (await door.get(f"/api/province/overview?{RANGE}")).json()
    values = {one["key"]: (one["value_bp"], one["numerator"], one["denominator"]) for one in told["indicators"]}
    assert values == {
        "share_reporting": (5000, 30_000, 60_000),
        "coverage": (5000, 1, 2),
        "share_value": (8500, 170_000, 200_000),
        "share_count": (6667, 2, 3),
    }
    assert {row["name"]: row["sums"]["amount_vnd"] for row in told["districts"]} == {
        "Mèo Vạc": 140_000,
        "Đồng Văn": 60_000,
    }
    assert told["freshness"]["is_stale"] is False


async def test_days_without_sales_have_no_share_rather_than_nought(door: Door) -> None:
    await tell(door.stage)
    told = (await door.get("/api/province/overview?from=2026-01-01&to=2026-01-31")).json()
    assert [one["value_bp"] for one in told["indicators"]] == [None, None, None, None]
    assert "Chưa có" in (await door.get("/province?from=2026-01-01&to=2026-01-31")).text


async def test_a_viewer_of_one_district_sees_that_district_alone(door: Door) -> None:
    await tell(door.stage)
    told = (await door.get(f"/api/province/overview?{RANGE}", scope="027")).json()
    assert [row["venue_id"] for row in told["venues"]] == ["house"]
    assert told["total"]["amount_vnd"] == 140_000


@pytest.mark.parametrize("days", ["from=2026-11-25&to=2026-11-24", "from=yesterday", "from=2020-01-01&to=2026-11-24"])
async def test_a_range_that_is_none_is_refused(door: Door, days: str) -> None:
    answer = await door.get(f"/api/province/overview?{days}")
    assert (answer.status_code, answer.json()["code"]) == (422, "days_wrong")


@pytest.mark.parametrize(
    ("first", "last", "field", "says"),
    [
        ("2026-11-25", "2026-11-24", "from", "The first day must not be after the last day."),
        ("2026-11-24", "<b>some day</b>", "to", "“&lt;b&gt;some day&lt;/b&gt;” is not a day."),
        ("0001-01-01", "0001-01-02", "from", "“0001-01-01” is not a day."),
        ("2020-01-01", "2026-11-24", "from", "At most 366 days can be shown at once."),
    ],
)
async def test_the_page_keeps_wrong_days_as_typed_and_says_the_mistake_beside_them(
    door: Door, first: str, last: str, field: str, says: str
) -> None:
    page = await door.get(f"/province?{urlencode({'from': first, 'to': last, 'lang': 'en'})}")
    assert page.status_code == 422
    assert says in page.text
    inputs = {name: re.search(f'<input id="{name}".*?>', page.text, re.DOTALL) for name in ("from", "to")}
    assert all(inputs.values())
    for name, typed in (("from", first), ("to", last)):
        found = inputs[name]
        assert found is not None
        assert f'value="{escape(typed)}"' in found[0]
        assert ('aria-invalid="true" aria-describedby="refusal"' in found[0]) == (name == field)
    assert 'role="alert" id="refusal"' in page.text
    assert "province.js" not in page.text
    assert 'class="indicators"' not in page.text


async def test_the_page_of_wrong_days_is_in_vietnamese_too(door: Door) -> None:
    page = await door.get("/province?from=2026-11-25&to=2026-11-24&lang=vi")
    assert "Từ ngày phải trước hoặc bằng đến ngày." in page.text


async def test_the_csv_sums_to_the_page_and_runs_no_formula(door: Door) -> None:
    await tell(door.stage)
    await door.stage.pool.execute("UPDATE venues SET name_vi = '=HYPERLINK(\"x\")' WHERE venue_id = 'tower'")
    answer = await door.get(f"/api/province/overview.csv?{RANGE}")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = by_key(answer)
    by_level = {level: [row for row in rows if row["level"] == level] for level in ("province", "district", "venue")}
    sums = {level: sum(int(row["amount_vnd"]) for row in found) for level, found in by_level.items()}
    assert set(sums.values()) == {200_000}
    assert '\'=HYPERLINK("x")' in {row["name"] for row in rows}


def by_key(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV as a program reads them: by the keys in brackets at the end of the heads."""
    heads, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    keys = [head.rpartition("[")[2].removesuffix("]") for head in heads]
    return [dict(zip(keys, row, strict=True)) for row in rows]


async def test_the_csv_is_in_the_reader_s_language_and_only_heads_and_names_differ(door: Door) -> None:
    await tell(door.stage)
    await door.stage.pool.execute("UPDATE venues SET name_vi = 'Tháp', name_en = 'Tower' WHERE venue_id = 'tower'")
    answers = [await door.get(f"/api/province/overview.csv?{RANGE}&lang={language}") for language in ("vi", "en")]
    assert [answer.headers["content-language"] for answer in answers] == ["vi", "en"]
    heads = [answer.content.decode("utf-8-sig").split("\r\n")[0] for answer in answers]
    assert "Số lượt thanh toán [payments]" in heads[0]
    assert "Payments taken [payments]" in heads[1]
    vi, en = [by_key(answer) for answer in answers]
    assert tuple(vi[0]) == tuple(en[0]) == COLUMNS
    assert [row["name"] for row in vi[:2]] == ["Mọi điểm", "Các điểm có ghi tiền mặt"]
    assert [row["name"] for row in en[:2]] == ["All venues", "Venues that record cash"]
    assert {row["name"] for row in vi} >= {"Tháp"}
    assert {row["name"] for row in en} >= {"Tower"}
    without = [[{**row, "name": "", "as_of": ""} for row in rows] for rows in (vi, en)]
    assert without[0] == without[1]


async def test_the_csv_writes_instants_in_vietnam_s_time_with_its_offset(door: Door) -> None:
    await tell(door.stage)
    await door.stage.pool.execute("UPDATE day_taken SET revised_at = '2026-11-24T18:30:00Z' WHERE venue_id = 'house'")
    rows = by_key(await door.get(f"/api/province/overview.csv?{RANGE}"))
    assert {row["revised_at"] for row in rows} == {"", "2026-11-25T01:30:00+07:00"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00", row["as_of"]) for row in rows)


async def test_a_revoked_person_is_shut_out_here_too(stage: Stage) -> None:
    person = PersonId(uuid4())
    now = utc_now()
    await stage.say(PersonRevoked(version=1, occurred_at=now, recorded_at=now, person_id=person))
    await stage.count()
    revocations = Revocations(stage.pool, Waker(stage.settings.database_url, solo=True))
    await revocations.refresh()
    assert revocations.end(person, now)


async def test_passes_that_ended_open_nothing_here_too_and_later_ones_do(stage: Stage) -> None:
    session, now = uuid4(), utc_now()
    said = [
        PassesEnded(version=n, occurred_at=now, recorded_at=now, subject_id=session, not_before=at)
        for n, at in ((2, now), (1, now - timedelta(hours=1)))
    ]
    await stage.say(*said)
    await stage.count()
    revocations = Revocations(stage.pool, Waker(stage.settings.database_url, solo=True))
    await revocations.refresh()
    assert revocations.end(session, now - timedelta(microseconds=1))
    assert not revocations.end(session, now)


@dataclass(slots=True)
class Screen:
    stage: Stage
    page: Page
    origin: str
    faults: list[str]

    async def value(self, key: str) -> str:
        return (await self.page.inner_text(f"#value-{key} .value")).replace("\u00a0", " ")


@pytest.fixture
async def screen(stage: Stage, pass_keys: Keys) -> AsyncIterator[Screen]:
    [port] = free_ports(1)
    process = stage.start_process("run", {"ANALYTICS_PORT": str(port)})
    origin = f"http://localhost:{port}"
    try:
        await until(lambda: _answers(origin))
        async with async_playwright() as playwright:
            browser = await launch(playwright)
            page, faults = await _open(browser, token_of(pass_keys.signer, Role.PROVINCE))
            yield Screen(stage, page, origin, faults)
            await browser.close()
    finally:
        end(process)


@pytest.mark.browser
async def test_the_page_follows_a_sale_by_itself_in_both_languages_and_at_320_px(screen: Screen) -> None:
    today = local_date(utc_now())
    page = screen.page
    await page.set_viewport_size({"width": 320, "height": 700})
    await screen.stage.say(venue("tower"), Sale("tower", 30_000, at=utc_now(), day=today).cash())
    await until(screen.stage.is_caught_up)
    await page.goto(f"{screen.origin}/province?lang=vi")
    await only_told(page)
    assert await screen.value("share_reporting") == "0 %"
    await page.click("#name-share_reporting ~ details summary")

    await screen.stage.say(Sale("tower", 30_000, at=utc_now(), day=today).settled())
    await page.wait_for_selector("#value-share_reporting .value:has-text('50')")
    assert await page.locator("#name-share_reporting ~ details[open]").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await axe_findings(page) == []
    await page.goto(f"{screen.origin}/province?lang=en")
    assert "Cashless share, among venues that record cash" in await page.inner_text("main")
    assert await axe_findings(page) == []
    await keep_picture(page, "province-320")
    await page.set_viewport_size({"width": 1280, "height": 900})
    await keep_picture(page, "province-1280")
    assert screen.faults == []


async def _open(browser: Browser, token: str) -> tuple[Page, list[str]]:
    context = await browser.new_context(locale="vi-VN")
    cookie = {"name": "__Host-office", "value": token, "domain": "localhost", "path": "/"}
    await context.add_cookies([{**cookie, "secure": True, "httpOnly": True}])  # type: ignore[typeddict-item]
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    return page, faults


async def _answers(origin: str) -> bool:
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{origin}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False
