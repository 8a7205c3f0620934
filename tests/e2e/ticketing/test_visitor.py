"""A visitor in a real browser: choose, pay, and hold a ticket, in both languages, with and without JavaScript."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.screens import LOCALES, expect_accessible, patient, phone_of, read_qr, watch
from tests.support.system import System

pytestmark = pytest.mark.browser


async def test_a_family_pays_and_the_page_turns_to_tickets_by_itself(system: System, browser: Browser) -> None:
    context = await phone_of(browser, "vi", width=320, height=700)
    page = await context.new_page()
    faults = watch(page, system.origin)
    await page.goto(f"{system.origin}/venues/cot-co-lung-cu")
    await page.fill("#count_adult", "2")
    await page.fill("#count_child", "1")
    assert (await page.inner_text("#total")).replace("\u00a0", " ") == "75.000 ₫"
    await expect_accessible(page)

    await page.click("button[type=submit]")
    await page.wait_for_selector(".qr-card svg")
    await expect_accessible(page)
    token = page.url.rsplit("/", 1)[-1]
    order = await (await context.request.get(f"{system.origin}/api/orders/{token}")).json()
    assert await read_qr(page, ".qr-card") == order["qr_payload"]

    await system.transfer(order, 75_000)
    await page.wait_for_url("**/t/*")
    await page.wait_for_selector(".ticket")

    assert await page.locator(".ticket").count() == 3
    await expect_accessible(page)
    await page.goto(f"{page.url}?lang=en")
    assert "not a fee receipt" in await page.inner_text("main")
    assert faults == []


async def test_buying_works_without_javascript_up_to_the_payment(system: System, browser: Browser) -> None:
    context = patient(await browser.new_context(java_script_enabled=False, locale=LOCALES["en"]))
    page = await context.new_page()
    await page.goto(f"{system.origin}/venues/cot-co-lung-cu")
    await page.click("button[type=submit]")
    assert "No tickets chosen" in await page.inner_text("[role=alert]")
    assert await page.get_attribute(".language-switch a[lang=vi]", "href") == "/venues/cot-co-lung-cu?lang=vi"

    await page.fill("#count_adult", "1")
    await page.click("button[type=submit]")
    await page.wait_for_url("**/orders/*")
    await page.wait_for_selector(".qr-card svg")

    assert "30.000" in await page.inner_text(".amount")


async def test_a_ticket_opens_with_the_server_gone_after_the_first_visit(system: System, browser: Browser) -> None:
    context = await phone_of(browser, "en")
    page = await context.new_page()
    await page.goto(f"{system.origin}/venues/cot-co-lung-cu")
    await page.fill("#count_disability_very_severe", "1")
    await page.fill("#visit_on", await next_open_day(page))
    await page.click("button[type=submit]")
    await page.wait_for_selector(".ticket svg")
    await expect(page.locator("#kept")).to_be_visible(timeout=30_000)

    system.pause()
    try:
        await page.reload()
        assert await page.locator(".ticket svg").count() == 1
    finally:
        system.resume()


async def next_open_day(page: Page) -> str:
    """A Wednesday, when the museum is open."""
    day: str = await page.evaluate(
        "() => { const day = new Date(Date.now() + 864e5);"
        " while (day.getUTCDay() !== 3) day.setUTCDate(day.getUTCDate() + 1);"
        " return day.toISOString().slice(0, 10); }"
    )
    return day
