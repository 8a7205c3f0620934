"""Every state of the visitor's pages in a real browser, on sample orders: accessible, fit for a phone, honest."""

import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Route, expect

from tests.support.sample_pages import ADDRESSES
from tests.support.scope import drawn
from tests.support.screens import LOCALES, phone_of, shortcomings

PAID = '{"status": "ticketed", "paid_vnd": 75000, "ready": true, "location": "/t/single", "uses": ""}'
LIVE = "**/api/orders/*/live"


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.support.sample_pages"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(request: pytest.FixtureRequest, browser: Browser) -> BrowserContext:
    """A browser window as narrow as the narrowest phone, in Vietnamese unless the test has a language."""
    language = request.node.callspec.params.get("language", "vi") if hasattr(request.node, "callspec") else "vi"
    return await phone_of(browser, language, width=320, height=640)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", drawn(LOCALES))
async def test_every_state_is_accessible_and_fits_the_narrowest_phone(
    phone: BrowserContext, origin: str, language: str
) -> None:
    page = await phone.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    for address in ADDRESSES:
        await page.goto(f"{origin}{address}")
        assert await page.get_attribute("html", "lang") == language
        faults += [f"{address} {found}" for found in await shortcomings(page)]

    assert faults == []


@pytest.mark.browser
async def test_a_broken_stream_says_that_nobody_knows_and_comes_back_by_itself(
    phone: BrowserContext, origin: str
) -> None:
    page = await phone.new_page()
    is_away = True

    async def answer(route: Route) -> None:
        if is_away:
            await route.fulfill(status=502)
        else:
            await route.fulfill(content_type="text/event-stream", body=f"event: state\ndata: {PAID}\n\n")

    await page.route(LIVE, answer)
    await page.goto(f"{origin}/orders/waiting")
    await expect(page.locator("#connection")).to_contain_text("Chưa biết tiền đã đến hay chưa")

    is_away = False

    await expect(page).to_have_url(f"{origin}/t/single")


@pytest.mark.browser
async def test_a_page_that_is_not_seen_holds_no_stream_and_asks_anew_when_seen(
    phone: BrowserContext, origin: str
) -> None:
    page = await phone.new_page()
    asked: list[str] = []
    await page.add_init_script(
        "window.covered = false;"
        "Object.defineProperty(document, 'hidden', { get: () => window.covered });"
        "const Own = window.EventSource; window.streams = [];"
        "window.EventSource = class extends Own {"
        "  constructor(...given) { super(...given); window.streams.push(this); }"
        "};"
    )
    page.on("request", lambda request: asked.append(request.url.removeprefix(origin)))
    await page.goto(f"{origin}/orders/waiting")
    cover = "(covered) => { window.covered = covered; document.dispatchEvent(new Event('visibilitychange')); }"

    await page.evaluate(cover, arg=True)
    open_while_hidden = await page.evaluate("() => window.streams.filter((one) => one.readyState !== 2).length")
    asked.clear()
    async with page.expect_request(lambda request: request.url.endswith("/live")):
        await page.evaluate(cover, arg=False)

    assert open_while_hidden == 0
    assert "/api/orders/sample" in asked


@pytest.mark.browser
async def test_a_form_sent_twice_is_one_order_and_with_other_numbers_a_new_one(
    phone: BrowserContext, origin: str
) -> None:
    page = await phone.new_page()
    sent: list[dict[str, str]] = []

    async def take(route: Route) -> None:
        sent.append(dict(parse_qsl(route.request.post_data or "")))
        # The browser stays on the form, as it does when it brings the page back from its memory.
        await route.fulfill(status=204)

    await page.route("**/orders", take)
    await page.goto(f"{origin}/venues/cot-co-lung-cu")
    for button in ("count_adult", "", "count_child"):
        if button:
            await page.click(f"[data-for={button}][data-step='1']")
        async with page.expect_response("**/orders"):
            await page.click("button[type=submit]")

    first, same, changed = sent
    assert first["count_adult"] == "1"
    assert first == same
    assert changed["idempotency_key"] != first["idempotency_key"]


@pytest.mark.browser
async def test_the_sum_follows_the_buttons_and_stops_at_the_limits(phone: BrowserContext, origin: str) -> None:
    page = await phone.new_page()
    await page.goto(f"{origin}/venues/cot-co-lung-cu")

    await page.click("[data-for=count_adult][data-step='-1']")
    await page.click("[data-for=count_child][data-step='1']")
    await page.fill("#count_adult", "60")
    await page.click("[data-for=count_adult][data-step='1']")

    assert await page.input_value("#count_adult") == "60"
    assert await page.inner_text("#total") == "1.815.000\u00a0₫"
