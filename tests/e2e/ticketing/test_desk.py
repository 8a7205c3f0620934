"""The desk and its doors in a real browser: passwords, the invitation, people, and phones that come and go."""

import asyncio
import re
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from services.ticketing.people.domain import hash_of_token, new_token
from tests.support.browser_people import MANAGER, OPERATOR, at_desk, buy, enter_code, make_code, owner_of, sign_in
from tests.support.scope import drawn
from tests.support.screens import expect_accessible, keep_picture, phone_of, read_qr
from tests.support.system import System

pytestmark = pytest.mark.browser

FLAG_TOWER, FLAG_TOWER_EN = "cot-co-lung-cu", "Lung Cu National Flag Tower"
FLAG_TOWER_NAMES = {"vi": "Cột cờ Quốc gia Lũng Cú", "en": FLAG_TOWER_EN}
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
    await expect(gate.locator("#unsent")).to_have_text("Unsent: 0")


async def revoke_phone(desk: Page, name: str) -> None:
    """The newest of that name; the others, of earlier tests too, are left."""
    await desk.reload()
    names, cards = desk.locator("li.card h2", has_text=name), desk.locator("li.card", has_text=name)
    before = await names.count()
    card = cards.first
    await card.locator("details", has=desk.locator("form[action$=revoke]")).locator("summary").click()
    await card.locator("form[action$=revoke] button").click()
    await expect(names).to_have_count(before - 1)


async def test_a_wrong_password_says_so_and_the_right_one_leads_to_where_one_wanted_and_to_all_one_may_see(
    system: System, browser: Browser
) -> None:
    page = await (await phone_of(browser, "en")).new_page()
    await page.goto(f"{system.origin}/manage/phones")
    await sign_in(page, system, OPERATOR[0], "not my password")
    await expect(page.locator("#refusal")).to_contain_text("the password is not right")
    await expect(page.locator("#login")).to_have_value(OPERATOR[0])
    await expect(page.locator("#password")).to_have_value("")

    await sign_in(page, system, *OPERATOR)

    await expect(page).to_have_url(f"{system.origin}/manage/phones")
    await expect(page.locator("nav.sections a[aria-current=page]")).to_have_text("Phones")
    await page.click("nav.sections a[href='/province']")
    await expect(page.locator("nav.sections a[aria-current=page]")).to_have_text("Province")
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
    before = await verdicts(system)
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
    assert await verdicts(system) == [*before, "admitted"]

    await desk.goto(f"{system.origin}/manage/phones")
    await revoke_phone(desk, "East gate")
    await expect(gate.locator("#removed-warning")).to_be_visible(timeout=20_000)
    await type_ticket(gate, second, "red")
    assert await verdicts(system) == [*before, "admitted"]


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


# A scan as a phone sends it that let somebody in while it had no network.
_SEND_SCAN = """async ([scan_id, short_code]) => {
  const scan = {scan_id, short_code, occurred_at: new Date().toISOString(), offline: true, verdict: "admit"};
  const body = JSON.stringify({scans: [scan], keeps: true});
  const answer = await fetch("/api/gate/scans", {method: "POST", headers: {"Content-Type": "application/json"}, body});
  return (await answer.json()).answers[0].verdict;
}"""


# What the pages say of a conflict, by language: the ticket's product, the other phone at the desk, both on the phone.
_CONFLICT = {
    "vi": ("Vé tham quan", "Double (ghép ngày ", "Double (máy này)", "Double (ghép lúc "),
    "en": ("Entry, Lung Cu", "Double (paired on ", "Double (this phone)", "Double (paired "),
}


@pytest.mark.parametrize("language", drawn(_CONFLICT))
async def test_a_conflict_names_the_ticket_as_its_visitor_reads_it_and_tells_two_phones_of_one_name_apart(
    system: System, browser: Browser, language: str
) -> None:
    product, other_phone, this_phone, first_phone = _CONFLICT[language]
    [code] = await buy(browser, system, FLAG_TOWER, adults=1)
    desk = await at_desk(browser, system, MANAGER, language)
    phones = [await (await phone_of(browser, language, width=320, height=640)).new_page() for _ in range(2)]
    answers: list[str] = []
    for phone in phones:
        await desk.goto(f"{system.origin}/manage/phones")
        await enter_code(phone, system, await make_code(desk, FLAG_TOWER_NAMES[language]), "Double")
        answers.append(await phone.evaluate(_SEND_SCAN, [str(uuid4()), code]))
    assert answers == ["admitted", "conflict"]

    await desk.set_viewport_size({"width": 320, "height": 640})
    await desk.goto(f"{system.origin}/manage/conflicts")
    card = desk.locator("li.card", has_text=code)
    await expect(card).to_contain_text(product)
    assert (await card.inner_text()).count(other_phone) == 2
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", await desk.inner_text("main"))
    await expect_accessible(desk)
    await keep_picture(desk, f"desk-conflicts-{language}")

    scanner = phones[1]
    await scanner.locator("#people button").first.click()
    await scanner.fill("#pin", "110101")
    await scanner.click("#pin-form button")
    await scanner.click("[data-go=sync]")
    row = scanner.locator("#conflict-list li", has_text=code)
    for said in (product, this_phone, first_phone):
        await expect(row).to_contain_text(said)
    await expect_accessible(scanner)
    await keep_picture(scanner, f"gate-conflicts-{language}")

    await desk.goto(f"{system.origin}/manage/phones")
    for left in (1, 0):
        await revoke_phone(desk, "Double")
        await expect(desk.locator("#done")).to_contain_text("Double")
        await expect_accessible(desk)
        await keep_picture(desk, f"desk-phones-{left}-{language}")
