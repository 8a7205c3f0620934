"""The simulated bank's page in a real browser: what a payer may change, and what it says to what is no payment."""

import pytest
from playwright.async_api import Browser, expect

from shared.money import Dong
from shared.qr.vietqr import TransferQr, encode
from tests.support.screens import LOCALES, phone_of
from tests.support.system import System

pytestmark = pytest.mark.browser

QR_TEXT = encode(TransferQr(bank_bin="970418", account="000000000001", amount_vnd=Dong(75_000), memo="HG4K7P2M9E"))
SHORT = {"vi": "Còn thiếu 25.000 ₫ so với mã", "en": "25.000 ₫ less than the code asks"}
NO_CODE = {"vi": "Đây không phải mã VietQR", "en": "This is not a VietQR code"}
NOTHING = {"vi": "Số tiền này không chuyển được", "en": "This amount cannot be sent"}
NO_AMOUNT = {"vi": "Không đọc được số tiền", "en": "The amount could not be read"}


@pytest.mark.parametrize("language", LOCALES)
async def test_a_payer_may_change_amount_and_memo_and_reads_what_was_sent(
    system: System, browser: Browser, language: str
) -> None:
    page = await (await phone_of(browser, language)).new_page()
    await page.goto(f"{system.origin}/bank")
    await page.fill("#qr", f"  {QR_TEXT}\n")
    await page.click("#scan button[type=submit]")
    await expect(page.locator("#asked")).to_have_text("75.000\u00a0₫")
    await expect(page.locator("#memo")).to_have_value("HG4K7P2M9E")

    await page.fill("#amount", "50.000")
    await page.fill("#memo", "tra truoc")
    await page.click("form[action='/bank/pay'] button")

    await expect(page.locator("#paid")).to_contain_text("50.000\u00a0₫")
    await expect(page.locator("main")).to_contain_text(SHORT[language].replace(" ₫", "\u00a0₫"))
    # Banks put blanks of their own into a memo.
    assert "tratruoc" in (await page.inner_text("#memo-arrives")).replace(" ", "").lower()
    # A second look is no second payment: the bank names the same transfer.
    reference = await page.inner_text("#bank-reference")
    await page.reload()
    await expect(page.locator("#bank-reference")).to_have_text(reference)


@pytest.mark.parametrize("language", LOCALES)
async def test_what_is_no_code_or_no_amount_is_refused_in_words_and_stays_to_be_mended(
    system: System, browser: Browser, language: str
) -> None:
    page = await (await phone_of(browser, language)).new_page()
    for text in ("xin chào", f"{QR_TEXT[:-1]}{'0' if QR_TEXT[-1] != '0' else '1'}"):
        await page.goto(f"{system.origin}/bank")
        await page.fill("#qr", text)
        await page.click("#scan button[type=submit]")
        await expect(page.locator("#refusal")).to_contain_text(NO_CODE[language])
        await expect(page.locator("#qr")).to_have_value(text)

    await page.fill("#qr", QR_TEXT)
    await page.click("#scan button[type=submit]")
    for amount, said in {"0": NOTHING, "nhiều": NO_AMOUNT, "12,5 triệu": NO_AMOUNT}.items():
        await page.fill("#amount", amount)
        await page.click("form[action='/bank/pay'] button")
        await expect(page.locator("#refusal")).to_contain_text(said[language])
        await expect(page.locator("#amount")).to_have_value(amount)
