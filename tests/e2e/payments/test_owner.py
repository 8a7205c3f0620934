"""An owner in a real browser: a phone paired at the desk, a day with sound, charges that turn to paid, and cash."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from shared.qr.vietqr import decode
from tests.support.browser_people import (
    OPERATOR,
    at_desk,
    enter_code,
    enter_pin,
    make_code,
    owner_of,
    pay_at_bank,
    sign_in,
)
from tests.support.screens import phone_of, read_qr, watch
from tests.support.system import System

pytestmark = pytest.mark.browser

CLAY_HOUSE = ("Chủ nhà – Mèo Vạc Clay House", "330101")
MONG_VILLAGE = ("Chủ nhà – làng Mông Pả Vi Hạ", "330202")
TWO_HOUSES = ("Chủ hai homestay – Lô Lô Chải và Thèn Pả", "330303")
HONEY = ("Thu ngân – HTX mật ong Tả Lủng", "330404")
VIEWER = ("province", "demo-province-viewer")
RINGS = ["660 running", "880 running", "1320 running"]
# Listens at the browser's loudspeaker: which tones the page really started, and whether they could be heard.
EAR = """
window.tones = [];
const Own = window.AudioContext;
window.AudioContext = class extends Own {
  createOscillator() {
    const tone = super.createOscillator();
    const start = tone.start.bind(tone);
    tone.start = (at) => { window.tones.push(`${tone.frequency.value} ${this.state}`); start(at); };
    return tone;
  }
};
"""


async def charge(phone: Page, amount: str) -> str:
    """The text of the QR that the guest sees on the owner's phone."""
    await phone.fill("#amount", amount)
    await phone.click("#charge button[type=submit]:not([formmethod])")
    await phone.wait_for_url("**/owner/charges/*")
    return await read_qr(phone, ".qr")


async def expect_day(phone: Page, total: str, share: str) -> None:
    await expect(phone.locator("#total")).to_have_text(f"{total}\u00a0₫")
    await expect(phone.locator("#share")).to_have_text(share)


async def total_of(phone: Page) -> int:
    return int("".join(one for one in await phone.inner_text("#total") if one.isdigit()))


def dots(amount_vnd: int) -> str:
    return f"{amount_vnd:,}".replace(",", ".")


async def order(visitor: Page, system: System, venue_id: str, *, adults: int) -> str:
    """The text of the QR that pays a visitor's order."""
    await visitor.goto(f"{system.origin}/venues/{venue_id}")
    await visitor.locator("[name^=count_]").first.fill(str(adults))
    await visitor.click("main button[type=submit]")
    await visitor.wait_for_selector(".qr-card svg")
    return await read_qr(visitor, ".qr-card")


async def be_seen(page: Page, *, seen: bool) -> None:
    """As when somebody takes the phone up or lays it away: a page of a test's browser is never hidden by itself."""
    await page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        not seen,
    )


async def opened(
    browser: Browser, system: System, owner: tuple[str, str], language: str
) -> tuple[BrowserContext, Page]:
    desk = await at_desk(browser, system, OPERATOR)
    context = await phone_of(browser, language)
    await context.add_init_script(EAR)
    return context, await owner_of(desk, context, system, *owner)


async def test_an_owner_comes_in_on_a_phone_paired_at_the_desk_with_the_right_pin_only(
    system: System, browser: Browser
) -> None:
    desk = await at_desk(browser, system, OPERATOR)
    phone = await (await phone_of(browser, "en")).new_page()
    await phone.goto(f"{system.origin}/owner")
    await phone.wait_for_url("**/pair?**")
    code = await make_code(desk, CLAY_HOUSE[0])
    await enter_code(phone, system, code.replace("-", " ").lower(), "kitchen")
    await enter_pin(phone, "111222")
    await expect(phone.locator("#refusal")).to_contain_text("Ask the manager to set a new one")
    await expect(phone.locator("#pin")).to_have_value("")

    await enter_pin(phone, CLAY_HOUSE[1])

    await expect(phone).to_have_url(f"{system.origin}/owner")
    await expect(phone.locator("h1")).to_contain_text("Clay House")
    other = await (await phone_of(browser, "en")).new_page()
    await enter_code(other, system, code, "a second phone")
    await expect(other.locator("#refusal")).to_contain_text("wrong, used, or older")


async def test_a_charge_turns_to_paid_by_itself_and_is_heard_once_the_day_was_started(
    system: System, browser: Browser
) -> None:
    context, phone = await opened(browser, system, CLAY_HOUSE, "en")
    faults = watch(phone, system.origin)
    await expect_day(phone, "0", "None yet")
    await expect(phone.locator("#sound-off")).to_contain_text("Sound is off")
    await phone.click("#sound-on")
    await expect(phone.locator("#sound-off")).to_be_hidden()

    qr_text = await charge(phone, "350k")
    assert decode(qr_text).amount_vnd == 350_000
    await expect(phone.locator("#sound-off")).to_be_hidden()
    await phone.evaluate("() => { window.isTheSamePage = true; }")
    assert await phone.evaluate("() => window.tones") == []
    await pay_at_bank(await context.new_page(), system, qr_text)

    await expect(phone.locator("[data-state=paid]")).to_contain_text("350.000")
    await expect(phone.locator("#waiting")).to_be_hidden()
    assert await phone.evaluate("() => window.isTheSamePage")
    assert await phone.evaluate("() => window.tones") == RINGS
    await phone.click("#charge a.button")
    await expect_day(phone, "350.000", "100%")
    assert faults == []


async def test_a_guest_who_sends_too_little_is_asked_for_the_rest_by_a_new_code(
    system: System, browser: Browser
) -> None:
    context, phone = await opened(browser, system, HONEY, "vi")
    bank = await context.new_page()
    await pay_at_bank(bank, system, await charge(phone, "100.000"), amount="40.000")

    await expect(phone.locator("[data-state=partial]")).to_contain_text("40.000")
    await expect(phone.locator("#qr[data-due='60000'] svg")).to_be_visible()
    rest = await read_qr(phone, ".qr")

    assert decode(rest).amount_vnd == 60_000
    # In the demo one click leads to the simulated bank, by the new code too.
    async with context.expect_page() as opening:
        await phone.click("#try-bank a")
    await (await opening.value).click("main form[action='/bank/pay'] button")
    await expect(phone.locator("[data-state=paid]")).to_be_visible()
    await expect(phone.locator("[data-state=partial]")).to_be_hidden()


async def test_cash_is_two_taps_and_an_undo_takes_it_out_of_the_day(system: System, browser: Browser) -> None:
    context, phone = await opened(browser, system, MONG_VILLAGE, "vi")
    await phone.fill("#amount", "80000")
    await expect(phone.locator("#amount")).to_have_value("80.000")
    await phone.click("button[formaction='/owner/cash']")
    await phone.click("form[action='/owner/cash'] button")
    await expect_day(phone, "80.000", "0\u00a0%")

    await phone.click("#undo button")

    await expect_day(phone, "0", "Chưa có")
    await expect(phone.locator(".takings")).to_contain_text("Tiền mặt, đã hoàn tác")
    await phone.click("[data-amount='50000']")
    await phone.click("button[formaction='/owner/cash']")
    await phone.click("form[action='/owner/cash'] button")
    await expect_day(phone, "50.000", "0\u00a0%")
    await phone.close()
    later = await context.new_page()
    await later.goto(f"{system.origin}/owner")
    await expect_day(later, "50.000", "0\u00a0%")
    await later.reload()
    await expect_day(later, "50.000", "0\u00a0%")


async def test_money_of_an_online_order_shows_and_rings_on_the_day_by_itself_while_an_amount_is_typed(
    system: System, browser: Browser
) -> None:
    context, phone = await opened(browser, system, TWO_HOUSES, "vi")
    faults = watch(phone, system.origin)
    visitor = await (await phone_of(browser, "en")).new_page()
    await pay_at_bank(await context.new_page(), system, await order(visitor, system, "lang-lo-lo-chai", adults=1))
    await visitor.wait_for_url("**/t/*")
    await expect(phone.locator("#received p")).to_have_count(1)
    await expect(phone.locator(".takings li")).not_to_have_count(0)
    assert await phone.evaluate("() => window.tones") == []
    await phone.reload()
    before = await total_of(phone)
    assert before > 0
    await phone.click("#sound-on")
    await phone.evaluate("() => { window.tones = []; window.isTheSamePage = true; }")
    await phone.click("#amount")
    await phone.keyboard.type("350")

    qr_text = await order(visitor, system, "lang-lo-lo-chai", adults=2)
    paid_vnd = decode(qr_text).amount_vnd
    assert paid_vnd is not None
    await pay_at_bank(await context.new_page(), system, qr_text)

    await expect_day(phone, dots(before + paid_vnd), "100\u00a0%")
    await expect(phone.locator(".takings li strong").first).to_have_text(f"{dots(paid_vnd)}\u00a0₫")
    await expect(phone.locator(".takings li").first).to_contain_text("2 khách đến")
    await expect(phone.locator("#received p")).to_have_text([f"Đã nhận {dots(paid_vnd)}\u00a0₫"])
    await phone.wait_for_function("() => window.tones.length > 0")
    assert await phone.evaluate("() => window.tones") == RINGS
    await phone.keyboard.type("000")
    await expect(phone.locator("#amount")).to_be_focused()
    await expect(phone.locator("#amount")).to_have_value("350.000")
    assert await phone.evaluate("() => window.isTheSamePage")
    assert faults == []


async def test_an_owner_of_two_homestays_goes_from_one_to_the_other_and_records_where_they_are(
    system: System, browser: Browser
) -> None:
    _, phone = await opened(browser, system, TWO_HOUSES, "en")
    await expect(phone.locator("h1")).to_have_text("Lo Lo Chai village")
    before = await total_of(phone)
    await phone.click(".venues a:not([aria-current])")
    await expect(phone.locator("h1")).to_have_text("Then Pa village")
    await expect_day(phone, "0", "None yet")
    await phone.fill("#amount", "70000")
    await phone.click("button[formaction='/owner/cash']")
    await phone.click("form[action='/owner/cash'] button")

    await expect(phone.locator("h1")).to_have_text("Then Pa village")
    await expect_day(phone, "70.000", "0%")
    await charge(phone, "90000")
    await phone.click("#charge a.button")
    await expect(phone.locator("h1")).to_have_text("Then Pa village")
    await phone.click(".venues a:not([aria-current])")
    await expect(phone.locator("h1")).to_have_text("Lo Lo Chai village")
    assert await total_of(phone) == before


async def test_two_payments_that_came_while_the_day_was_not_seen_are_both_said_and_rung_for(
    system: System, browser: Browser
) -> None:
    context, phone = await opened(browser, system, TWO_HOUSES, "en")
    await phone.click("#sound-on")
    await phone.evaluate("() => { window.tones = []; }")
    await be_seen(phone, seen=False)
    other, bank = await context.new_page(), await context.new_page()
    for amount in ("40.000", "50.000"):
        await other.goto(f"{system.origin}/owner")
        await pay_at_bank(bank, system, await charge(other, amount))
        await expect(other.locator("[data-state=paid]")).to_be_visible()
    assert await phone.locator("#received p").count() == 0

    await be_seen(phone, seen=True)

    await expect(phone.locator("#received p")).to_have_text(["Received 40.000\u00a0₫", "Received 50.000\u00a0₫"])
    await phone.wait_for_function("(tones) => window.tones.length === tones", arg=2 * len(RINGS))


async def test_the_day_asks_anew_when_it_is_seen_again_and_is_silent_about_cash(
    system: System, browser: Browser
) -> None:
    context, phone = await opened(browser, system, TWO_HOUSES, "en")
    await phone.click("#sound-on")
    await phone.evaluate("() => { window.tones = []; }")
    before = await total_of(phone)
    await be_seen(phone, seen=False)
    other = await context.new_page()
    await other.goto(f"{system.origin}/owner")
    await other.fill("#amount", "30.000")
    await other.click("button[formaction='/owner/cash']")
    await other.click("form[action='/owner/cash'] button")
    await expect(other.locator("#total")).to_have_text(f"{dots(before + 30_000)}\u00a0₫")
    assert await total_of(phone) == before

    await be_seen(phone, seen=True)

    await expect(phone.locator("#total")).to_have_text(f"{dots(before + 30_000)}\u00a0₫")
    await other.click("#undo button")
    await expect(phone.locator("#total")).to_have_text(f"{dots(before)}\u00a0₫")
    await expect(phone.locator("#received p")).to_have_count(0)
    assert await phone.evaluate("() => window.tones") == []


async def test_the_province_sees_what_an_owner_took_without_asking_again(system: System, browser: Browser) -> None:
    province = await (await phone_of(browser, "en")).new_page()
    await province.goto(f"{system.origin}/province")
    await sign_in(province, system, *VIEWER)
    await province.wait_for_url("**/province")
    before = await cash_of_province(province)
    _, phone = await opened(browser, system, HONEY, "en")

    await phone.fill("#amount", "123.000")
    await phone.click("button[formaction='/owner/cash']")
    await phone.click("form[action='/owner/cash'] button")

    # The page looks anew every half minute by itself; the stream is faster than that.
    await province.wait_for_function(
        "(wanted) => document.body.innerText.replace(/\\u00a0/g, ' ').includes(wanted)",
        arg=f"{before + 123_000:,} ₫".replace(",", "."),
        timeout=25_000,
    )


async def cash_of_province(page: Page) -> int:
    text = await page.locator("dt:has-text('Recorded cash') + dd").first.inner_text()
    return int("".join(one for one in text if one.isdigit()))


async def test_a_day_that_cannot_be_read_says_so_until_it_can_and_leads_to_the_door_once_signed_out(
    system: System, browser: Browser
) -> None:
    context, phone = await opened(browser, system, MONG_VILLAGE, "en")
    other = await context.new_page()
    before = await total_of(phone)
    await phone.route("**/owner?venue=*", lambda route: route.fulfill(status=500))
    await take_cash(other, system, "20.000")

    await expect(phone.locator("#lost")).to_be_visible()
    await phone.unroute("**/owner?venue=*")
    await expect_day(phone, dots(before + 20_000), "0%")
    await expect(phone.locator("#lost")).to_be_hidden()

    await phone.fill("#amount", "1")
    await context.clear_cookies(name="__Host-owner")
    _, colleague = await opened(browser, system, MONG_VILLAGE, "en")
    await take_cash(colleague, system, "30.000")
    await phone.wait_for_url("**/sign-in/owner?**")


async def take_cash(phone: Page, system: System, amount: str) -> None:
    await phone.goto(f"{system.origin}/owner")
    await phone.fill("#amount", amount)
    await phone.click("button[formaction='/owner/cash']")
    await phone.click("form[action='/owner/cash'] button")
