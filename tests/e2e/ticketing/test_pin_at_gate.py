"""Staff change their own PIN on a gate's phone, and every other phone follows once it hears of it."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from services.ticketing.people.domain import Actor
from services.ticketing.people.usecases.people import RevokePerson, revoke_person
from services.ticketing.people.usecases.tries import PIN_TRIES
from shared.ids import PersonId
from tests.support.gate_site import PIN, Site, expect_result, show
from tests.support.screens import expect_accessible, keep_picture, lost_to_the_keyboard

pytestmark = pytest.mark.browser
NEW = "739105"
PUT_OUT = "Your PIN was changed, or you no longer belong to this venue. Enter the new one, or ask the manager."


async def change(page: Page, old: str, new: str, again: str | None = None) -> None:
    """Fills the form by the keyboard alone."""
    for place, text in (("own-old", old), ("own-new", new), ("own-again", new if again is None else again)):
        await page.focus(f"#{place}")
        await page.keyboard.press("Control+A")
        await page.keyboard.type(text)
    await page.keyboard.press("Enter")


async def enter(page: Page, pin: str) -> None:
    await page.locator("#people button").first.click()
    await page.fill("#pin", pin)
    await page.press("#pin", "Enter")


async def expect_put_out(page: Page) -> None:
    await expect(page.locator("#screen-pin")).to_be_visible()
    await expect(page.locator("#pin-mistake")).to_have_text(PUT_OUT)


async def test_a_new_pin_counts_here_at_once_and_elsewhere_once_a_phone_hears_of_it(site: Site) -> None:
    [ticket] = await site.venue.issue()
    east, west = await site.phone("East gate"), await site.phone("West gate")
    await west.context.set_offline(True)
    await expect(west.locator("#line")).to_contain_text("Offline")
    await east.click("#own-pin")
    await expect(east.locator("#own-old")).to_be_focused()
    await expect(east.locator("#own-lead")).to_contain_text("On other phones the old one works until they next hear")
    assert await lost_to_the_keyboard(east) == []
    await change(east, PIN, NEW)
    done = "The PIN was changed. Other phones know it after they next hear from us."
    await expect(east.locator("#own-done")).to_have_text(done)
    await expect_accessible(east)
    await keep_picture(east, "gate-own-pin")
    await east.click("#own-back")
    await show(east, ticket.code)
    await expect_result(east, "green", "VALID")
    await east.reload()
    await east.wait_for_selector("#screen-scan:not([hidden])")

    await west.click("#change-person")
    await enter(west, PIN)
    await expect(west.locator("#screen-scan")).to_be_visible()
    await west.context.set_offline(False)
    await expect_put_out(west)
    await expect_accessible(west)
    await enter(west, PIN)
    await expect(west.locator("#pin-mistake")).to_have_text("The PIN is not right.")
    await enter(west, NEW)
    await expect(west.locator("#screen-scan")).to_be_visible()


async def test_what_was_refused_is_said_in_words_that_tell_what_to_do(site: Site) -> None:
    page = await site.phone("East gate")
    await page.click("#own-pin")
    said = page.locator("#own-mistake")
    for old, new, again, words in (
        (PIN, NEW, NEW[::-1], "The new PIN was not entered the same way twice. Please enter it twice again."),
        (PIN, "123456", None, "The new PIN needs 6 digits that are not easily guessed"),
        (PIN, PIN, None, "The new PIN is the present one. Please choose another."),
        ("999998", NEW, None, "The present PIN is not right. Please enter it again. Forgot the PIN? Ask the manager"),
    ):
        await change(page, old, new, again)
        await expect(said).to_contain_text(words)
    await expect(said).to_contain_text("Tries left: 4.")
    await expect_accessible(page)
    # As if all tries of an hour had been made just now.
    hour = "UPDATE attempts SET tries = 12, started_at = now() WHERE subject LIKE 'pin:%:' || $1"
    assert await site.venue.pool.execute(hour, str(PIN_TRIES[2][1])) == "UPDATE 1"
    await change(page, PIN, NEW)
    await expect(said).to_contain_text(re.compile(r"You can try again in \d\d min\.$"))


async def test_a_change_without_an_answer_is_asked_again_and_told_by_the_list_if_it_was_done(site: Site) -> None:
    page = await site.phone("East gate")
    keys: list[str] = []

    async def lost(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        await route.abort()

    await page.context.route("**/api/gate/pin", lost)
    await page.click("#own-pin")
    await change(page, PIN, NEW)
    await expect(page.locator("#own-mistake")).to_contain_text("Press again where there is a network")
    await page.press("#own-again", "Enter")
    await expect(page.locator("#own-old")).to_be_focused()
    assert keys[0] == keys[1], "the same request, however often it is sent"
    await page.context.unroute_all()

    async def answer_lost(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.context.route("**/api/gate/pin", answer_lost)
    await change(page, PIN, NEW)
    await expect_put_out(page)
    await enter(page, NEW)
    await expect(page.locator("#screen-scan")).to_be_visible()
    await expect(page.locator("#own-old")).to_have_value("")


async def test_whoever_is_revoked_is_put_out_of_a_page_that_is_open(site: Site) -> None:
    page = await site.phone("East gate")
    name = await page.evaluate("() => document.querySelector('#people button').dataset.person")
    operator = await site.venue.pool.fetchval("SELECT person_id FROM persons WHERE person_id <> $1::text::uuid", name)
    command = RevokePerson(PersonId(operator), Actor("operator", ()), PersonId(name))
    await site.venue.unit.run(revoke_person, command)
    await expect_put_out(page)
    await expect(page.locator(f"[data-person='{name}']")).to_have_count(0)
