"""The scanner in a real browser: it decides with and without a server, and every scan arrives exactly once."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from services.ticketing.gate.usecases.gate_manifest import PAGE
from services.ticketing.sales.usecases.revoke_ticket import RevokeTicket, revoke_ticket
from tests.support.gate import VENUE, link_of
from tests.support.gate_site import (
    PIN,
    Site,
    admissions_of,
    browser_with_camera,
    expect_all_sent,
    expect_result,
    film_of,
    pair_anew,
    show,
    take_away,
)
from tests.support.scope import drawn
from tests.support.screens import expect_accessible, only_told

PALACE = "nha-vuong-sa-phin"

pytestmark = pytest.mark.browser


async def show_again(page: Page, code: str) -> None:
    """As a visitor who comes back: longer than the three seconds in which one ticket is one scan."""
    await take_away(page)
    await page.wait_for_timeout(4000)
    await show(page, code)


async def move(page: Page, venue: str) -> None:
    await page.click("[data-go=sync]")
    await page.click("#venues button[aria-pressed=false]")
    await expect(page.locator("#venue")).to_have_text(venue)
    await page.click("#screen-sync [data-go=scan]")


async def test_a_valid_ticket_is_green_and_then_used(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await show(page, ticket.code)
    await expect_result(page, "green", "VALID")
    await expect(page.locator("#result")).to_be_hidden(timeout=4000)
    await expect_all_sent(page)
    await show_again(page, ticket.code)
    await expect_result(page, "amber", "ALREADY USED")
    await expect(page.locator("#result-lines")).to_contain_text(re.compile(r"First used at \d\d:\d\d at East gate"))
    await page.click("#result-hint")
    await expect(page.locator("#result")).to_be_hidden()
    await expect_all_sent(page)
    assert await admissions_of(site, ticket) == ["admitted", "refused"]
    assert len(set(await page.evaluate("() => window.buzzes"))) == 2


async def test_a_phone_that_has_nothing_to_say_rests_its_sound_and_sounds_at_the_next_scan(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await page.wait_for_function("() => window.sound.state === 'suspended'")
    silent_s = await page.evaluate("() => window.sound.currentTime")
    await show(page, ticket.code)
    await expect_result(page, "green", "VALID")
    # Its time goes on only while it sounds: 280 ms for a valid ticket.
    await page.wait_for_function(
        "silent => window.sound.currentTime >= silent + 0.28 && window.sound.state === 'suspended'", arg=silent_s
    )
    rested_s = await page.evaluate("() => window.sound.currentTime")
    await show_again(page, ticket.code)
    await expect_result(page, "amber", "ALREADY USED")
    await page.wait_for_function("rested => window.sound.currentTime >= rested + 0.37", arg=rested_s)


async def test_with_the_server_gone_it_decides_after_a_reload_and_syncs_exactly_once(site: Site) -> None:
    first, second = await site.venue.issue(people=2)
    page = await site.phone("East gate")
    site.server.stop()
    await page.reload()
    await page.wait_for_selector("#screen-scan:not([hidden])")
    await show(page, first.code)
    await expect_result(page, "green", "VALID")
    await expect(page.locator("#unsent")).to_have_text("Unsent: 1")
    await page.reload()
    await expect(page.locator("#unsent")).to_have_text("Unsent: 1")
    await show(page, first.code)
    await expect_result(page, "amber", "ALREADY USED")
    await page.keyboard.press("Escape")
    await expect(page.locator("#result")).to_be_hidden()
    await show(page, second.code)
    await expect_result(page, "green", "VALID")
    site.server.start()
    await expect_all_sent(page)
    assert await admissions_of(site, first) == ["admitted", "refused"]
    assert await admissions_of(site, second) == ["admitted"]
    assert await site.venue.pool.fetchval("SELECT bool_and(offline) FROM admissions")


async def test_a_scanner_that_came_through_half_is_fetched_again_until_all_of_it_is_kept(site: Site) -> None:
    page = await site.page(await site.venue.pair("East gate"))
    await page.context.route("**/*.wasm", lambda route: route.abort())
    await site.sign_in(page)
    await page.click("[data-go=sync]")
    await expect(page.locator("#readiness")).to_contain_text("Not yet usable without network")
    await page.context.unroute_all()
    await page.click("#sync-now")
    await expect(page.locator("#readiness")).to_contain_text("Works without network")


async def test_one_ticket_at_two_phones_offline_is_a_conflict_on_both(site: Site) -> None:
    [ticket] = await site.venue.issue()
    east, west = await site.phone("East gate"), await site.phone("West gate")
    site.server.stop()
    for page in (east, west):
        await show(page, ticket.code)
        await expect_result(page, "green", "VALID")
    site.server.start()
    for page in (east, west):
        await expect_all_sent(page)
        await expect(page.locator("#conflict-count")).to_have_text("Conflicts: 1")
        await expect(page.locator("#conflict-list")).to_contain_text("(this phone)")
    assert sorted(await admissions_of(site, ticket)) == ["admitted", "conflict"]


async def test_a_ticket_used_at_one_phone_is_used_at_the_other_at_once(site: Site) -> None:
    [ticket] = await site.venue.issue()
    east, west = await site.phone("East gate"), await site.phone("West gate")
    await only_told(west)
    await west.wait_for_selector("#screen-scan:not([hidden])")
    await show(east, ticket.code)
    await expect_result(east, "green", "VALID")
    await expect(west.locator("#readiness")).to_contain_text("Admissions known: 1")
    await show(west, ticket.code)
    await expect_result(west, "amber", "ALREADY USED")
    await expect(west.locator("#result-lines")).to_contain_text("East gate")


async def test_a_visitor_sees_by_itself_that_the_ticket_was_used_and_keeps_it_so_without_a_server(site: Site) -> None:
    first, second = await site.venue.issue(people=2)
    token = link_of(first.order_id)
    visitor, gate = await site.page(None), await site.phone("East gate")
    await visitor.goto(f"{site.server.origin}/t/{token}?lang=en")
    await expect(visitor.locator(".ticket")).to_have_count(2)
    await expect(visitor.locator("#kept")).to_be_visible(timeout=30_000)
    await show(gate, first.code)
    await expect_result(gate, "green", "VALID")
    await expect(visitor.locator(".ticket-used")).to_contain_text(first.short_code[:4])
    await expect(visitor.locator(".ticket-used")).to_have_count(1)

    await site.venue.unit.run(revoke_ticket, RevokeTicket(second.ticket_id, reason="sold by mistake"))

    await expect(visitor.locator(".ticket-revoked")).to_have_count(1)
    site.server.stop()
    await visitor.goto(f"{site.server.origin}/t/{token}")
    await expect(visitor.locator(".ticket-used")).to_have_count(1)
    await expect(visitor.locator(".ticket-revoked")).to_have_count(1)
    site.server.start()


async def test_a_phone_that_joins_late_has_every_use_however_many_there_are(site: Site) -> None:
    [crowded], [used] = await site.venue.issue(), await site.venue.issue()
    east = await site.venue.pair("East gate")
    await site.venue.crowd(crowded, PAGE + 1, east)
    # The newest of all, so that it stands on the last page.
    await site.venue.pool.execute(
        "INSERT INTO admissions (scan_id, venue_id, device_id, ticket_id, count, verdict, offline, occurred_at,"
        " recorded_at, changed_at)"
        " SELECT gen_random_uuid(), venue_id, $2, ticket_id, 1, 'admitted', false, now(), now(),"
        " now() + interval '5 seconds' FROM tickets WHERE ticket_id = $1",
        used.ticket_id,
        east.device_id,
    )
    west = await site.phone("West gate")
    await expect(west.locator("#readiness")).to_contain_text(f"Admissions known: {PAGE + 2}")
    await show(west, used.code)
    await expect_result(west, "amber", "ALREADY USED")


async def test_a_real_camera_picture_is_read(site: Site, tmp_path: Path) -> None:
    [ticket] = await site.venue.issue()
    browser = await browser_with_camera(site.playwright, film_of(ticket.code, tmp_path / "ticket.y4m"))
    try:
        # Whoever enters the PIN holds the ticket already, so the first thing the camera sees is decided on.
        page = await site.page(await site.venue.pair("East gate"), browser)
        await page.goto(f"{site.server.origin}/gate?lang=en")
        await page.locator("#people button").first.click()
        await page.fill("#pin", PIN)
        await page.click("#pin-form button")
        await expect_result(page, "green", "VALID")
    finally:
        await browser.close()


async def test_a_group_ticket_asks_how_many_and_can_be_undone(site: Site) -> None:
    [ticket] = await site.venue.issue(people=5, mode="group")
    page = await site.phone("East gate")
    await show(page, ticket.code)
    await expect(page.locator("#group-count")).to_have_text("5")
    await page.click("#group-less")
    await page.click("#group-less")
    await page.click("#group-enter")
    await expect_result(page, "green", "VALID")
    await expect(page.locator("#result-lines")).to_contain_text("Left: 2")
    await expect(page.locator("#result")).to_be_hidden(timeout=4000)
    await page.click("[data-go=last]")
    await page.click("#last-list button")
    await expect(page.locator("#last-list")).to_contain_text("Undone")
    await expect_all_sent(page)
    assert await site.venue.pool.fetchval("SELECT admitted FROM tickets") == 0


async def test_a_short_code_is_typed_when_no_camera_helps(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    await page.click("[data-go=type]")
    await page.fill("#short-code", "1234")
    await page.press("#short-code", "Enter")
    await expect(page.locator("#type-mistake")).to_contain_text("exactly 10 characters")
    await page.fill("#short-code", ticket.short_code.lower())
    await page.press("#short-code", "Enter")
    await expect_result(page, "green", "VALID")
    await expect_all_sent(page)
    assert await admissions_of(site, ticket) == ["admitted"]


async def test_a_forged_ticket_and_a_payment_code_are_red_for_different_reasons(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("East gate")
    last = "0" if ticket.code[-3] != "0" else "1"
    await show(page, ticket.code[:-3] + last + ticket.code[-2:])
    await expect_result(page, "red", "FORGED")
    await page.click("#result-hint")
    await show(page, "00020101021138570010A000000727012700069704220113VQRQ000000000")
    await expect_result(page, "red", "PAYMENT CODE")


async def test_a_phone_of_two_venues_checks_the_tickets_of_the_one_it_is_at(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("Owner", venues=(VENUE, PALACE))
    await move(page, "Vuong Family Palace")
    await show(page, ticket.code)
    await expect_result(page, "red", "WRONG PLACE")
    await page.click("#result-hint")
    await expect_all_sent(page)
    await move(page, "Lung Cu National Flag Tower")
    await show_again(page, ticket.code)
    await expect_result(page, "green", "VALID")
    await expect_all_sent(page)
    assert await admissions_of(site, ticket) == ["refused", "admitted"]


@pytest.mark.parametrize("has_chosen", drawn([True, False]))
async def test_a_scan_waits_for_its_venue_when_the_phone_is_paired_at_another_meanwhile(
    site: Site, *, has_chosen: bool
) -> None:
    first, second = await site.venue.issue(people=2)
    page = await site.phone("East gate", venues=(VENUE, PALACE) if has_chosen else (VENUE,))
    if has_chosen:
        await move(page, "Vuong Family Palace")
        await move(page, "Lung Cu National Flag Tower")
    site.server.stop()
    await show(page, first.code)
    await expect_result(page, "green", "VALID")
    await pair_anew(site, page, "Palace", (PALACE,))
    site.server.start()
    await expect(page.locator("#venue")).to_have_text("Vuong Family Palace")
    warning = page.locator("#elsewhere-warning")
    await expect(warning).to_have_text("1 scan of another venue waits until this phone is paired there again.")
    await show(page, second.code)
    await expect_result(page, "red", "WRONG PLACE")
    # What is scanned here is sent, past what waits.
    await expect(page.locator("#unsent")).to_have_text("Unsent: 1")
    assert (await admissions_of(site, first), await admissions_of(site, second)) == ([], ["refused"])
    await pair_anew(site, page, "East gate again", (VENUE,))
    await page.reload()
    await expect_all_sent(page)
    await expect(warning).to_be_hidden()
    assert await admissions_of(site, first) == ["admitted"]


async def test_a_scan_goes_out_for_the_venue_it_was_made_at_after_the_phone_has_moved_on(site: Site) -> None:
    [ticket] = await site.venue.issue()
    page = await site.phone("Owner", venues=(VENUE, PALACE))
    await page.context.route("**/api/gate/scans", lambda route: route.abort())
    await show(page, ticket.code)
    await expect_result(page, "green", "VALID")
    await page.click("[data-go=sync]")
    await page.click("#venues button[aria-pressed=false]")
    await page.context.unroute_all()
    await expect(page.locator("#venue")).to_have_text("Vuong Family Palace")
    await expect_all_sent(page)
    assert await admissions_of(site, ticket) == ["admitted"]


async def test_a_phone_that_is_not_paired_is_told_where_to_pair(site: Site) -> None:
    page = await site.page(None)
    await page.goto(f"{site.server.origin}/gate?lang=en")
    await expect(page.locator("#screen-unpaired a")).to_have_attribute("href", "/pair")


async def test_every_screen_is_accessible_in_both_languages(site: Site) -> None:
    page = await site.phone("East gate")
    for language in ("vi", "en"):
        await page.goto(f"{site.server.origin}/gate?lang={language}")
        await page.wait_for_selector("#screen-scan:not([hidden])")
        await expect_accessible(page)
        for screen in ("type", "last", "own", "sync"):
            await page.click(f"[data-go={screen}]")
            await expect_accessible(page)
            await page.click(f"#screen-{screen} [data-go=scan]")
        await show(page, f"nothing of ours {language}")
        await expect(page.locator("#result")).to_be_visible()
        await expect_accessible(page)
        await page.click("#result-hint")
        await take_away(page)
    await page.click("#change-person")
    await expect_accessible(page)
