"""A quick queue in front of a real scanner: every ticket held up gets its answer, and no second touch decides again."""

import pytest
from playwright.async_api import Page, expect

from services.ticketing.sales.domain.tickets import Ticket
from tests.support.gate_site import Site, admissions_of, expect_all_sent, expect_result, show
from tests.support.waiting import PATIENCE_S, until

pytestmark = pytest.mark.browser
_TAPS = "button => { for (let tap = 0; tap < 3; tap += 1) button.click(); }"
_SUBMITS = "form => { for (let tap = 0; tap < 3; tap += 1) form.requestSubmit(); }"


async def expect_admitted(site: Site, ticket: Ticket, page: Page) -> None:
    """Its answer came, and it was one."""

    async def is_admitted() -> bool:
        await expect_all_sent(page)
        return bool(await admissions_of(site, ticket))

    await until(is_admitted)
    assert await admissions_of(site, ticket) == ["admitted"]


async def test_a_ticket_held_up_while_anothers_result_is_shown_is_decided_as_soon_as_that_goes(site: Site) -> None:
    first, second, third, fourth = await site.venue.issue(people=4)
    page = await site.phone("East gate")
    await show(page, first.code)
    await expect_result(page, "green", "VALID")
    # Held still from now on, never out of sight; a green goes by itself.
    await show(page, second.code)
    await expect_admitted(site, second, page)
    await show(page, third.code)
    await expect_admitted(site, third, page)
    await expect(page.locator("#result")).to_be_hidden(timeout=PATIENCE_S * 1000)
    # An amber stays until it was read, and the next ticket waits for that.
    await show(page, first.code)
    await expect_result(page, "amber", "ALREADY USED")
    await show(page, fourth.code)
    await page.click("#result-hint")
    await expect_result(page, "green", "VALID")
    await expect_admitted(site, fourth, page)
    assert await admissions_of(site, first) == ["admitted", "refused"]


async def test_a_ticket_held_up_on_another_screen_is_decided_on_the_way_back(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await page.click("[data-go=type]")
    await show(page, ticket.code)
    await page.click("#screen-type [data-go=scan]")
    await expect_result(page, "green", "VALID")
    await expect_admitted(site, ticket, page)


async def test_letting_a_group_in_by_three_taps_lets_it_in_once(site: Site) -> None:
    [ticket] = await site.venue.issue(people=10, mode="group")
    page = await site.phone("East gate")
    await show(page, ticket.code)
    for _ in range(6):
        await page.click("#group-less")
    await page.locator("#group-enter").evaluate(_TAPS)
    await expect_result(page, "green", "VALID")
    await expect_admitted(site, ticket, page)
    admitted = "SELECT admitted FROM tickets WHERE ticket_id = $1"
    assert await site.venue.pool.fetchval(admitted, ticket.ticket_id) == 4


async def test_a_typed_code_sent_three_times_is_one_scan(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await page.click("[data-go=type]")
    await page.fill("#short-code", ticket.short_code)
    await page.locator("#type-form").evaluate(_SUBMITS)
    await expect_result(page, "green", "VALID")
    await expect_admitted(site, ticket, page)
