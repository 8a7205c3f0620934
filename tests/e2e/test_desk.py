"""The desk and its doors in a real browser: passwords, the invitation, people, and phones that come and go."""

import asyncio

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from services.ticketing.domain.people import hash_of_token, new_token
from tests.e2e.people import MANAGER, OPERATOR, at_desk, buy, make_code, owner_of, sign_in
from tests.e2e.screens import phone_of, read_qr
from tests.e2e.system import System

pytestmark = pytest.mark.browser

FLAG_TOWER, FLAG_TOWER_EN = "cot-co-lung-cu", "Lung Cu National Flag Tower"
HOST, HOST_PIN = "Chủ hai homestay – Lô Lô Chải và Thèn Pả", "330303"


async def invitation(system: System) -> str:
    """A token as the first start of an installation prints it."""
    token = new_token()
    connection = await asyncpg.connect(system.database_url("ticketing"))
    try:
        await connection.execute(
            "INSERT INTO invitations (token_hash, expires_at) VALUES ($1, now() + interval '1 day')",
            hash_of_token(token),
        )
    finally:
        await connection.close()
    return token


async def verdicts(system: System) -> list[str]:
    """What the server said to each scan at the flag tower, in their order."""
    connection = await asyncpg.connect(system.database_url("ticketing"))
    try:
        rows = await connection.fetch(
            "SELECT verdict FROM admissions WHERE venue_id = $1 ORDER BY recorded_at", FLAG_TOWER
        )
        return [row["verdict"] for row in rows]
    finally:
        await connection.close()


async def type_ticket(gate: Page, short_code: str, colour: str) -> None:
    await gate.click("[data-go=type]")
    await gate.fill("#short-code", short_code)
    await gate.press("#short-code", "Enter")
    await expect(gate.locator("#result")).to_be_visible()
    await expect(gate.locator("#result")).to_have_attribute("data-colour", colour)
    if colour != "green":
        return
    await expect(gate.locator("#result")).to_be_hidden()
    await expect(gate.locator("#unsent")).to_have_text("Unsent: 0", timeout=20_000)


async def revoke_phone(desk: Page, name: str) -> None:
    await desk.reload()
    card = desk.locator("li.card", has_text=name)
    await card.locator("details", has=desk.locator("form[action$=revoke]")).locator("summary").click()
    await card.locator("form[action$=revoke] button").click()
    await expect(desk.locator("li.card", has_text=name)).to_have_count(0)


async def test_a_wrong_password_says_so_and_the_right_one_leads_to_where_one_wanted(
    system: System, browser: Browser
) -> None:
    page = await (await phone_of(browser, "en")).new_page()
    await page.goto(f"{system.origin}/manage/phones")
    await sign_in(page, system, OPERATOR[0], "not my password")
    await expect(page.locator("#refusal")).to_contain_text("password or PIN is not right")
    await expect(page.locator("#login")).to_have_value(OPERATOR[0])
    await expect(page.locator("#password")).to_have_value("")

    await sign_in(page, system, *OPERATOR)

    await expect(page).to_have_url(f"{system.origin}/manage/phones")
    await page.click("form.sign-out button")
    await page.goto(f"{system.origin}/manage")
    await page.wait_for_url("**/sign-in?**")


async def test_an_invitation_makes_one_operator_and_no_second(system: System, browser: Browser) -> None:
    address = f"{system.origin}/sign-in/invitation?token={await invitation(system)}"
    page = await (await phone_of(browser, "en")).new_page()
    for login, password in (("first-operator", "short"), ("first-operator", "a long enough one")):
        await page.goto(address)
        await page.fill("#display_name", "The first operator")
        await page.fill("#login", login)
        await page.fill("#password", password)
        await page.click("main button[type=submit]")
        if password == "short":
            await expect(page.locator("#refusal")).to_contain_text("10 characters or more")

    await page.wait_for_url("**/sign-in")
    await sign_in(page, system, "first-operator", "a long enough one")
    await page.wait_for_url("**/manage")
    await page.goto(address)
    for name in ("display_name", "login"):
        await page.fill(f"#{name}", "second-operator")
    await page.fill("#password", "a long enough one")
    await page.click("main button[type=submit]")
    await expect(page.locator("#refusal")).to_contain_text("used or out of date")


async def test_a_manager_adds_staff_of_the_own_venue_and_ends_their_work(system: System, browser: Browser) -> None:
    desk = await at_desk(browser, system, MANAGER)
    await desk.goto(f"{system.origin}/manage")
    await expect(desk.locator("#role option")).to_have_text(["Gate staff", "Host"])
    await desk.fill("#display_name", "Chị Mỷ")
    await desk.fill("#login", "chi-my")
    for pin in ("123456", "270914"):
        await desk.fill("#pin", pin)
        await desk.click("form[action^='/manage/people#'] button")
        if pin == "123456":
            # What was typed is still there; a secret never comes back.
            await expect(desk.locator("#refusal")).to_contain_text("not easily guessed")
            await expect(desk.locator("#refusal")).to_be_in_viewport()
            await expect(desk.locator("#login")).to_have_value("chi-my")
            await expect(desk.locator("#pin")).to_have_value("")
    card = desk.locator("li.card", has_text="Chị Mỷ")
    await expect(card).to_contain_text("Gate staff · chi-my")
    await expect(card).to_contain_text(FLAG_TOWER_EN)

    await card.locator("summary").last.click()
    await card.locator("form[action$=revoke] button").click()

    await expect(desk.locator("li.card", has_text="Chị Mỷ")).to_have_count(0)


async def test_a_phone_paired_by_the_desks_qr_admits_a_bought_ticket_until_the_desk_revokes_it(
    system: System, browser: Browser
) -> None:
    first, second = await buy(browser, system, FLAG_TOWER, adults=2)
    desk = await at_desk(browser, system, MANAGER)
    await make_code(desk, FLAG_TOWER_EN)
    address = await read_qr(desk, "section .qr")
    assert address.startswith(f"{system.origin}/pair?code=")
    gate = await (await phone_of(browser, "en")).new_page()
    await gate.goto(address)
    await gate.fill("#name", "East gate")
    await gate.click("main button[type=submit]")
    await gate.locator("#people button").first.click()
    await gate.fill("#pin", "110101")
    await gate.click("#pin-form button")
    await gate.wait_for_selector("#screen-scan:not([hidden])")

    await type_ticket(gate, first, "green")
    assert (await verdicts(system))[-1] == "admitted"

    await desk.goto(f"{system.origin}/manage/phones")
    await revoke_phone(desk, "East gate")
    await expect(gate.locator("#removed-warning")).to_be_visible(timeout=20_000)
    await type_ticket(gate, second, "red")
    assert (await verdicts(system)) == ["admitted"]


async def test_a_host_whose_phone_the_desk_revoked_is_led_to_pairing(system: System, browser: Browser) -> None:
    desk = await at_desk(browser, system, OPERATOR)
    phone = await owner_of(desk, await phone_of(browser, "en"), system, HOST, HOST_PIN)
    await desk.goto(f"{system.origin}/manage/phones")
    await revoke_phone(desk, f"phone of {HOST}")

    # The revocation travels over Kafka to the service of payments.
    async def is_shut_out() -> bool:
        await phone.goto(f"{system.origin}/owner")
        return "/pair" in phone.url

    async with asyncio.timeout(20):
        while not await is_shut_out():
            await phone.wait_for_timeout(100)
    await expect(phone.locator("#code")).to_be_visible()
