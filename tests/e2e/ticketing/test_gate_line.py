"""How the scanner stands with its server: it says what it knows, and a phone taken from the gate lets nobody in."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Page, Route, expect

from services.ticketing.people.domain import Actor
from services.ticketing.people.usecases.phones import RevokePhone, revoke_phone
from shared.ids import DeviceId, PersonId
from tests.support.gate import VENUE
from tests.support.gate_site import Site, admissions_of, expect_all_sent, expect_result, pair_anew, show, take_away
from tests.support.screens import expect_accessible, keep_picture, launch_with_memory

pytestmark = pytest.mark.browser
REMOVED = "This phone was removed from the gate. Ask your manager to pair it again."
REMOVED_VI = "Máy này đã bị gỡ khỏi cổng. Hãy nhờ quản lý ghép lại."


async def remove(site: Site, name: str) -> None:
    """As the manager does at the desk."""
    pool = site.venue.pool
    device_id: UUID = await pool.fetchval("SELECT device_id FROM devices WHERE name = $1", name)
    manager: UUID = await pool.fetchval("SELECT person_id FROM persons LIMIT 1")
    command = RevokePhone(PersonId(manager), Actor("operator", ()), DeviceId(device_id))
    await site.venue.unit.run(revoke_phone, command)


async def expect_line(page: Page, said: str | re.Pattern[str]) -> None:
    await expect(page.locator("#line")).to_have_text(said)


async def test_a_phone_that_the_manager_removed_is_red_at_once_and_after_a_reload_without_network(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await remove(site, "East gate")
    await expect(page.locator("#removed-warning")).to_have_text(REMOVED)
    await expect_line(page, "Not at the gate any more")
    await show(page, ticket.code)
    await expect_result(page, "red", "PHONE REMOVED")
    await expect(page.locator("#result-lines")).to_contain_text("Ask your manager to pair it again")
    await keep_picture(page, "gate-removed-result")
    await page.goto(f"{site.server.origin}/gate?lang=vi")
    await expect(page.locator("#removed-warning")).to_have_text(REMOVED_VI)
    await expect_accessible(page)
    await keep_picture(page, "gate-removed-vi")
    await page.goto(f"{site.server.origin}/gate?lang=en")
    site.server.stop()
    await take_away(page)
    await page.reload()
    await page.wait_for_selector("#screen-scan:not([hidden])")
    await expect(page.locator("#removed-warning")).to_have_text(REMOVED)
    await expect_line(page, "Not at the gate any more")
    await expect_accessible(page)
    await keep_picture(page, "gate-removed")
    await page.click("[data-go=type]")
    await page.fill("#short-code", ticket.short_code)
    await page.press("#short-code", "Enter")
    await expect_result(page, "red", "PHONE REMOVED")
    site.server.start()
    await expect(page.locator("#removed-warning")).to_be_visible()
    assert await admissions_of(site, ticket) == []


async def test_a_removed_phone_keeps_its_scans_and_sends_them_once_it_is_paired_again(site: Site) -> None:
    first, second, third = await site.venue.issue(people=3)
    page = await site.phone("East gate")
    site.server.stop()
    await show(page, first.code)
    await expect_result(page, "green", "VALID")
    await expect(page.locator("#result")).to_be_hidden(timeout=4000)
    await remove(site, "East gate")
    site.server.start()
    await expect(page.locator("#removed-warning")).to_be_visible(timeout=20_000)
    await expect(page.locator("#removed-kept")).to_have_text(
        "1 unsent scan is kept and goes out once it is paired again."
    )
    await keep_picture(page, "gate-removed-kept")
    await show(page, second.code)
    await expect_result(page, "red", "PHONE REMOVED")
    await page.click("#result-hint")
    assert await admissions_of(site, first) == []

    await pair_anew(site, page, "East gate again", (VENUE,))
    await page.reload()
    await expect_all_sent(page)
    await expect(page.locator("#removed-warning")).to_be_hidden()
    await expect_line(page, "Online")
    await show(page, third.code)
    await expect_result(page, "green", "VALID")
    await expect_all_sent(page)
    assert [await admissions_of(site, one) for one in (first, second, third)] == [["admitted"], [], ["admitted"]]


async def test_the_line_is_offline_while_the_server_is_gone_and_while_a_door_without_it_answers(site: Site) -> None:
    page = await site.phone("East gate")
    await expect_line(page, "Online")
    site.server.stop()
    await expect_line(page, re.compile(r"Offline since \d\d:\d\d"))
    await page.reload()
    await expect_line(page, re.compile(r"Offline since \d\d:\d\d"))

    async def door(route: Route) -> None:
        await route.fulfill(status=502, content_type="text/html", body="<h1>Bad Gateway</h1>")

    await page.context.route("**/api/gate/**", door)
    site.server.start()
    await page.evaluate("() => dispatchEvent(new Event('online'))")
    await expect_line(page, re.compile(r"Offline since \d\d:\d\d"))
    await page.context.unroute_all()
    await expect_line(page, "Online")


async def test_a_phone_without_network_tries_at_one_pace_however_often_it_was_asked_to(site: Site) -> None:
    page = await site.phone("East gate")
    site.server.stop()
    await expect_line(page, re.compile("Offline since"))
    await page.click("[data-go=sync]")
    for _ in range(8):
        await page.click("#sync-now")
        await page.wait_for_timeout(150)
    tries: list[str] = []
    page.on("request", lambda request: tries.append(request.url))
    await page.wait_for_timeout(7000)
    assert 1 <= len(tries) <= 3


async def test_a_server_that_answers_but_takes_nothing_is_neither_online_nor_offline(site: Site) -> None:
    page = await site.phone("East gate")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=503, content_type="application/problem+json", body='{"code": "gate_opening"}')

    await page.context.route("**/api/gate/manifest**", refuse)
    await page.click("[data-go=sync]")
    await page.click("#sync-now")
    await expect_line(page, re.compile(r"The server answers but does not sync \(error 503\), last at \d\d:\d\d"))
    await expect(page.locator("#readiness li[data-good=false]")).to_contain_text("Last contact")
    await expect_accessible(page)
    await page.context.unroute_all()
    await expect_line(page, "Online")


async def test_a_server_that_never_answers_is_not_called_online(site: Site) -> None:
    page = await site.phone("East gate")
    await page.context.route("**/api/gate/manifest**", lambda route: None)
    await page.click("[data-go=sync]")
    await page.click("#sync-now")
    await expect_line(page, "Checking the connection…")
    await expect_line(page, re.compile("Offline since"))
    await page.context.unroute_all(behavior="ignoreErrors")
    await expect_line(page, "Online")


# What the line said, in its order, from here on.
_NOTE_LINE = """() => {
  window.said = [];
  const line = document.getElementById("line");
  new MutationObserver(() => window.said.push(line.textContent)).observe(line, {childList: true});
}"""


async def test_a_stream_that_is_cut_while_the_server_answers_is_not_called_offline(site: Site) -> None:
    page = await site.phone("East gate")
    await page.context.route("**/api/gate/live**", lambda route: route.abort())
    await page.evaluate("() => dispatchEvent(new Event('online'))")
    await page.evaluate(_NOTE_LINE)
    # It goes on asking, every few seconds, and hears of what happens elsewhere by that.
    await page.wait_for_function("() => window.said.filter((said) => said === 'Online').length > 2")
    assert set(await page.evaluate("() => window.said")) == {"Online", "Checking the connection…"}


async def test_a_page_that_comes_back_from_the_browsers_memory_asks_before_it_says_online(site: Site) -> None:
    site.browser = await launch_with_memory(site.playwright)
    page = await site.phone("East gate")
    await expect_line(page, "Online")
    await page.evaluate(_NOTE_LINE)
    await page.evaluate("() => addEventListener('pageshow', () => { window.said = []; })")
    await page.goto(f"{site.server.origin}/pair")
    site.server.stop()
    await page.go_back(wait_until="commit")
    await expect_line(page, re.compile("Offline since"))
    # The variable is still there, so this is the same page.
    said = await page.evaluate("() => window.said")
    assert said[0] == "Checking the connection…"
    assert "Online" not in said
    await site.browser.close()
