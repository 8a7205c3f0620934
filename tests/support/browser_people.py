"""What people of the demo do on their screens to get in: sign in, pair a phone, enter a PIN, buy a ticket."""

from playwright.async_api import Browser, BrowserContext, Page

from tests.support.screens import phone_of, read_qr
from tests.support.system import System

OPERATOR = ("operator", "demo-operator-desk")
MANAGER = ("manager-lung-cu", "demo-manager-lung-cu")


async def sign_in(page: Page, system: System, login: str, password: str) -> None:
    """At the door that the page stands at, else at /sign-in."""
    if "/sign-in" not in page.url:
        await page.goto(f"{system.origin}/sign-in")
    await page.fill("#login", login)
    await page.fill("#password", password)
    await page.click("main button[type=submit]")


async def at_desk(browser: Browser, system: System, who: tuple[str, str], language: str = "en") -> Page:
    """The page of phones, of somebody who has just signed in."""
    page = await (await phone_of(browser, language)).new_page()
    await page.goto(f"{system.origin}/manage/phones")
    await sign_in(page, system, *who)
    await page.wait_for_url("**/manage/phones")
    return page


async def make_code(desk: Page, what_for: str) -> str:
    """A pairing code for what the list calls so."""
    await desk.select_option("#pair", label=what_for)
    await desk.click("form[action$=codes] button")
    return await desk.inner_text("#pairing-code")


async def enter_code(phone: Page, system: System, code: str, name: str) -> None:
    await phone.goto(f"{system.origin}/pair")
    await phone.fill("#code", code)
    await phone.fill("#name", name)
    await phone.click("main button[type=submit]")


async def enter_pin(phone: Page, pin: str) -> None:
    await phone.fill("#pin", pin)
    await phone.click("main button[type=submit]")


async def owner_of(desk: Page, context: BrowserContext, system: System, owner: str, pin: str) -> Page:
    """An owner's phone on the page of the day: paired by the desk, signed in by PIN."""
    phone = await context.new_page()
    await enter_code(phone, system, await make_code(desk, owner), f"phone of {owner}")
    await enter_pin(phone, pin)
    await phone.wait_for_url("**/owner")
    return phone


async def pay_at_bank(bank: Page, system: System, qr_text: str, amount: str | None = None) -> None:
    """Pays a QR text on the bank's page, with the amount it asks for unless another is given."""
    await bank.goto(f"{system.origin}/bank")
    await bank.fill("#qr", qr_text)
    await bank.click("main button[type=submit]")
    if amount is not None:
        await bank.fill("#amount", amount)
    await bank.click("main form[action='/bank/pay'] button")
    await bank.wait_for_selector("#paid")


async def buy(browser: Browser, system: System, venue: str, adults: int) -> list[str]:
    """Short codes of tickets for today that a visitor really bought and paid at the bank."""
    page = await (await phone_of(browser, "en")).new_page()
    await page.goto(f"{system.origin}/venues/{venue}")
    await page.fill("#count_adult", str(adults))
    await page.click("main button[type=submit]")
    await page.wait_for_selector(".qr-card svg")
    bank = await page.context.new_page()
    await pay_at_bank(bank, system, await read_qr(page, ".qr-card"))
    await page.wait_for_url("**/t/*")
    return await page.locator(".short-code strong").all_inner_texts()
