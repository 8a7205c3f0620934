"""Typed codes at a real phone: the server proves them; the list alone is believed only where it names one ticket."""

import pytest
from playwright.async_api import Page, expect

from services.ticketing.codes.short_code import ShortCode, draw, short_code_hash
from services.ticketing.sales.domain.tickets import Ticket
from tests.support.gate_site import Site, admissions_of, expect_all_sent, expect_result

pytestmark = pytest.mark.browser
_OLD_LIST = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("mot-cham-gate", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const stores = opening.result.transaction(["facts", "tickets"], "readwrite");
    stores.objectStore("facts").delete("list");
    stores.objectStore("tickets").clear();
    stores.objectStore("tickets").put({ short_code_hash: "58a404ca18104c49", ticket_id: "old" });
    stores.oncomplete = () => { opening.result.close(); resolve(); };
  };
})"""


def twins(like: Ticket, venue_number: int) -> tuple[ShortCode, ShortCode]:
    """Two codes with one hash; among some thousands there are two."""
    drawn: dict[str, ShortCode] = {}
    while True:
        code = draw()
        other = drawn.setdefault(short_code_hash(code, venue_number, like.valid_from), code)
        if other != code:
            return code, other


async def give(site: Site, ticket: Ticket, code: ShortCode) -> None:
    await site.venue.pool.execute("UPDATE tickets SET short_code = $2 WHERE ticket_id = $1", ticket.ticket_id, code)


async def type_code(page: Page, code: str) -> None:
    await page.click("[data-go=type]")
    await page.fill("#short-code", code)
    await page.press("#short-code", "Enter")


async def test_a_code_made_up_to_fit_the_list_is_not_believed_while_the_server_can_be_asked(site: Site) -> None:
    [ticket] = await site.venue.issue()
    number = site.venue.catalogue.venues[ticket.venue_id].number
    right, made_up = twins(ticket, number)
    await give(site, ticket, right)
    page = await site.phone("East gate")
    await type_code(page, made_up)
    await expect_result(page, "amber", "CODE NOT KNOWN")
    await page.click("#result-hint")
    await type_code(page, right)
    await expect_result(page, "green", "VALID")
    await expect_all_sent(page)
    assert await admissions_of(site, ticket) == ["admitted"]


async def test_without_network_a_code_that_fits_two_tickets_asks_for_the_qr(site: Site) -> None:
    first, second, third = await site.venue.issue(people=3)
    number = site.venue.catalogue.venues[first.venue_id].number
    codes = twins(first, number)
    for ticket, code in zip((first, second), codes, strict=True):
        await give(site, ticket, code)
    page = await site.phone("East gate")
    site.server.stop()
    await expect(page.locator("#line")).to_contain_text("Offline")
    await type_code(page, codes[0])
    await expect_result(page, "amber", "CODE NOT KNOWN")
    await page.click("#result-hint")
    await type_code(page, third.short_code)
    await expect_result(page, "green", "VALID")
    site.server.start()
    await expect_all_sent(page)
    assert await admissions_of(site, third) == ["admitted"]


async def test_a_list_that_an_older_scanner_kept_is_fetched_anew_at_once(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await page.evaluate(_OLD_LIST)
    await page.reload()
    await page.click("[data-go=sync]")
    await expect(page.locator("#readiness")).to_contain_text("Tickets known by typed code: 1")
    await page.click("#sync-now")
    await page.click("#screen-sync [data-go=scan]")
    site.server.stop()
    await expect(page.locator("#line")).to_contain_text("Offline")
    await type_code(page, ticket.short_code)
    await expect_result(page, "green", "VALID")
