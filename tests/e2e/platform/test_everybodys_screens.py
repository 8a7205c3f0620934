"""Every screen of the doors, the desk, the owner and the bank in both languages: usable by all on a small phone."""

from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import Browser, Page

from shared.money import Dong
from shared.qr.vietqr import TransferQr, encode
from tests.support.browser_people import OPERATOR, enter_code, enter_pin, make_code, pay_at_bank, sign_in
from tests.support.scope import drawn
from tests.support.screens import (
    LOCALES,
    keep_picture,
    listed,
    lost_to_the_keyboard,
    phone_of,
    read_qr,
    shortcomings,
    watch,
)
from tests.support.system import System

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Two homestays, so that the switch is on their screens. What others say of the first one counts from what they found.
OWNER, PIN = "Chủ hai homestay – Lô Lô Chải và Thèn Pả", "330303"
QR_TEXT = encode(TransferQr(bank_bin="970418", account="000000000001", amount_vnd=Dong(75_000), memo="HG4K7P2M9E"))
# Goes through some screens on one phone, and names each while it is shown.
Walk = Callable[[Page, System], AsyncIterator[str]]


async def through_the_doors(page: Page, system: System) -> AsyncIterator[str]:
    await page.goto(f"{system.origin}/sign-in/invitation?token=none")
    yield "invitation"
    for name, typed in {"display_name": "Nobody", "login": "nobody", "password": "a long enough one"}.items():
        await page.fill(f"#{name}", typed)
    await page.click("main button[type=submit]")
    yield "invitation-refused"
    await enter_code(page, system, "AAAA-AAAA-AA", "")
    yield "pairing-refused"
    await page.goto(f"{system.origin}/pair")
    yield "pairing"
    await page.goto(f"{system.origin}/sign-in?next=/manage")
    yield "sign-in"
    await sign_in(page, system, "nobody", "no password at all")
    yield "sign-in-refused"
    await sign_in(page, system, *OPERATOR)
    await page.wait_for_url("**/manage")


async def at_the_desk(page: Page, system: System) -> AsyncIterator[str]:
    yield "people"
    await page.locator("summary").first.click()
    yield "people-open"
    await page.fill("#display_name", "Nobody")
    await page.fill("#login", "nobody")
    await page.click("form[action^='/manage/people#'] button")
    yield "people-refused"
    await page.goto(f"{system.origin}/manage/phones")
    yield "phones"
    code = await make_code(page, OWNER)
    yield "pairing-code"
    await enter_code(page, system, code, "the phone of this walk")
    await page.goto(f"{system.origin}/manage/phones")
    yield "phones-paired"
    await page.goto(f"{system.origin}/manage/conflicts")
    yield "conflicts"
    await page.goto(f"{system.origin}/manage/audit")
    yield "audit"
    for service in ("payments", "analytics"):
        await page.click(f".trails a[href^='/manage/audit/{service}']")
        await page.wait_for_url(f"**/manage/audit/{service}")
        yield f"audit-{service}"
    await page.goto(f"{system.origin}/account")
    yield "account"
    await page.goto(f"{system.origin}/province")
    yield "province"
    await page.goto(f"{system.origin}/nowhere")
    yield "nowhere"


async def with_an_owner(page: Page, system: System) -> AsyncIterator[str]:
    await page.goto(f"{system.origin}/sign-in/owner")
    yield "owner-sign-in"
    await enter_pin(page, "111222")
    yield "owner-sign-in-refused"
    await enter_pin(page, PIN)
    await page.wait_for_url("**/owner")
    yield "owner-day"
    await page.fill("#amount", "a lot")
    await page.click("button[formaction='/owner/cash']")
    yield "owner-refused"
    await page.fill("#amount", "350000")
    await page.click("button[formaction='/owner/cash']")
    yield "owner-cash"
    await page.click("form[action='/owner/cash'] button")
    yield "owner-cash-recorded"
    await page.click("#undo button")
    yield "owner-cash-undone"
    await page.fill("#amount", "1250000")
    await page.click("#charge button[type=submit]:not([formmethod])")
    await page.wait_for_url("**/owner/charges/*")
    yield "owner-charge"
    bank = await page.context.new_page()
    await pay_at_bank(bank, system, await read_qr(page, ".qr"), amount="250.000")
    await page.wait_for_selector("#qr[data-due='1000000'] svg")
    yield "owner-charge-short"
    await pay_at_bank(bank, system, await read_qr(page, ".qr"), amount="1.100.000")
    await page.wait_for_selector("[data-state=over]:not([hidden])")
    yield "owner-charge-over"
    await bank.close()
    await page.goto(f"{system.origin}/owner")
    yield "owner-day-with-takings"
    await page.click(".sections a[href='/account/owner']")
    yield "owner-account"
    for field, typed in {"old": "111222", "new": "739105", "again": "739105"}.items():
        await page.fill(f"#{field}", typed)
    await page.click("form[action^='/account/owner/pin'] button")
    yield "owner-account-refused"


async def at_the_bank(page: Page, system: System) -> AsyncIterator[str]:
    await page.goto(f"{system.origin}/bank")
    yield "bank"
    await page.fill("#qr", "0002" * 40)
    await page.click("main button[type=submit]")
    yield "bank-refused"
    await page.fill("#qr", QR_TEXT)
    await page.click("main button[type=submit]")
    yield "bank-confirm"
    await page.fill("#amount", "a lot")
    await page.click("main button[type=submit]")
    yield "bank-amount-refused"
    await page.fill("#amount", "70.000")
    await page.click("main button[type=submit]")
    yield "bank-paid"


async def dead_switch(page: Page, system: System, language: str) -> list[str]:
    """The language switch where it leads to an address that answers to POST only; asked in the present language."""
    link = page.locator(f".language-switch a[lang={language}]")
    if not await link.count():
        return []
    answer = await page.context.request.get(f"{system.origin}{await link.get_attribute('href')}")
    return ["the language switch leads nowhere"] if answer.status == 405 else []


WALKS: tuple[Walk, ...] = (through_the_doors, at_the_desk, with_an_owner, at_the_bank)


@pytest.mark.parametrize("language", drawn(LOCALES))
async def test_every_screen_serves_everybody_on_the_narrowest_phone_and_by_keyboard(
    system: System, browser: Browser, language: str
) -> None:
    page = await (await phone_of(browser, language, width=320, height=640)).new_page()
    said = watch(page, system.origin)
    faults: list[str] = []
    for walk in WALKS:
        async for screen in walk(page, system):
            await keep_picture(page, f"{screen}-{language}")
            if await page.get_attribute("html", "lang") != language:
                faults.append(f"{screen}: is not in the language {language}")
            found = await shortcomings(page) + await dead_switch(page, system, language)
            found += await lost_to_the_keyboard(page)
            faults += listed([*said, *found], screen)
            said.clear()

    assert faults == []
