"""An owner's phone at the gate: it opens under the owner's sign-in, stays open without network, and knows no PIN."""

import pytest
from playwright.async_api import Page, expect

from services.ticketing.people.domain import Person, hash_pin
from services.ticketing.people.store import insert_person
from shared.clock import utc_now
from shared.ids import PersonId, uuid7
from tests.support.gate import VENUE
from tests.support.gate_site import Site, admissions_of, expect_all_sent, expect_result, show
from tests.support.screens import expect_accessible, keep_picture

pytestmark = pytest.mark.browser
PIN = "280614"
_FACTS = """(written) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("mot-cham-gate", 1);
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const facts = opening.result.transaction("facts", "readwrite").objectStore("facts");
    if (written) facts.put(written.value, written.key);
    const reading = facts.getAll();
    reading.onsuccess = () => { opening.result.close(); resolve(JSON.stringify(reading.result)); };
  };
})"""


async def owner_at(site: Site) -> Person:
    pin = hash_pin(PIN)
    owner = Person(
        person_id=PersonId(uuid7()),
        login="host-of-the-tower",
        display_name="Chủ nhà Dính",
        role="owner",
        venues=(VENUE,),
        pin_salt=pin.salt,
        pin_hash=pin.hash,
    )
    async with site.venue.pool.acquire() as connection:
        await insert_person(connection, owner, utc_now())
    return owner


async def sign_in(page: Page) -> None:
    await page.click("#pin-host a")
    await page.wait_for_url("**/sign-in/owner?next=/gate")
    await page.fill("#pin", PIN)
    await page.click("main button[type=submit]")
    await page.wait_for_selector("#screen-scan:not([hidden])")


async def test_an_owners_phone_opens_by_the_sign_in_and_goes_on_without_network(site: Site) -> None:
    [ticket] = await site.venue.issue()
    owner = await owner_at(site)
    page = await site.page(await site.venue.pair("Owner's phone", kind="owner"))
    await page.goto(f"{site.server.origin}/gate?lang=en")
    await expect(page.locator("#pin-host")).to_be_visible()
    await expect(page.locator("#people")).not_to_contain_text(owner.display_name)
    await expect_accessible(page)
    await keep_picture(page, "gate-owner-sign-in")
    await sign_in(page)
    await page.click("[data-go=sync]")
    await page.wait_for_selector("#readiness li:has-text('Works without network')")
    await page.click("#screen-sync [data-go=scan]")
    site.server.stop()
    await page.reload()
    await page.wait_for_selector("#screen-scan:not([hidden])")
    await show(page, ticket.code)
    await expect_result(page, "green", "VALID")
    site.server.start()
    await expect_all_sent(page)
    assert await admissions_of(site, ticket) == ["admitted"]
    assert await site.venue.pool.fetchval("SELECT person_id FROM admissions") == owner.person_id


async def test_whoever_leaves_an_owners_phone_comes_back_only_by_signing_in_anew(site: Site) -> None:
    await owner_at(site)
    page = await site.page(await site.venue.pair("Owner's phone", kind="owner"))
    await page.goto(f"{site.server.origin}/gate?lang=en")
    await sign_in(page)
    await page.click("#change-person")
    await expect(page.locator("#pin-host")).to_be_visible()
    await page.reload()
    await expect(page.locator("#line")).to_have_text("Online")
    await expect(page.locator("#pin-host")).to_be_visible()
    await sign_in(page)
    # Signed out at the server, it closes at the next sync.
    await page.context.clear_cookies(name="__Host-owner")
    await page.click("[data-go=sync]")
    await page.click("#sync-now")
    await expect(page.locator("#pin-host")).to_be_visible()


async def test_a_phone_that_kept_the_hashes_of_before_drops_them_at_the_next_sync(site: Site) -> None:
    owner = await owner_at(site)
    page = await site.page(await site.venue.pair("Owner's phone", kind="owner"))
    await page.goto(f"{site.server.origin}/gate?lang=en")
    await expect(page.locator("#pin-host")).to_be_visible()
    await expect(page.locator("#line")).to_have_text("Online")
    kept = {
        "person_id": str(owner.person_id),
        "display_name": owner.display_name,
        "pin": {"salt": "AA", "hash": "kept"},
    }
    assert "kept" in await page.evaluate(_FACTS, {"key": "people", "value": [kept]})
    await page.reload()
    await expect(page.locator("#line")).to_have_text("Online")
    await expect(page.locator("#people")).not_to_contain_text(owner.display_name)
    assert "kept" not in await page.evaluate(_FACTS)


async def test_an_owner_changes_the_pin_on_the_phone_and_signs_out_on_another(site: Site) -> None:
    owner = await owner_at(site)
    other = await site.page(await site.venue.pair("Old phone", kind="owner"))
    await other.goto(f"{site.server.origin}/gate?lang=en")
    await sign_in(other)
    page = await site.page(await site.venue.pair("New phone", kind="owner"))
    await page.goto(f"{site.server.origin}/sign-in/owner?next=/account/owner&lang=en")
    await page.fill("#pin", PIN)
    await page.keyboard.press("Enter")
    await expect(page.locator("#main h3")).to_have_text(["New phone", "Old phone"])
    await expect_accessible(page)
    await keep_picture(page, "owner-account")
    for old, new, again in (("999998", "739105", "739105"), (PIN, "739105", "739106"), (PIN, "739105", "739105")):
        # As with a keyboard alone: from field to field, and sent by the last one.
        await page.focus("#old")
        for typed in (old, new, again):
            await page.keyboard.type(typed)
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        if again == new == "739105" and old == PIN:
            break
        await expect(page.locator("#refusal")).to_be_in_viewport()
        await expect_accessible(page)
        await keep_picture(page, f"owner-account-refused-{old == PIN}")
    await expect(page.locator("#done")).to_be_visible()
    await expect(page.locator("#main h3")).to_have_text(["New phone"])
    # The scanner that was open under the sign-in of before closes by itself.
    await expect(other.locator("#pin-host")).to_be_visible()
    noted = await site.venue.pool.fetchval("SELECT actor_id FROM audit WHERE action = 'own_pin_changed'")
    assert noted == owner.person_id
