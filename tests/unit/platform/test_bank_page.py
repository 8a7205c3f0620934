"""The bank's page, without JavaScript and with a bank that cannot be reached."""

import re
import socket
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from deploy.simulator.app import build
from deploy.simulator.bank import Bank
from deploy.simulator.settings import Settings, SimulatorRefused
from shared.money import Dong
from shared.qr.vietqr import TransferQr, encode

QR = encode(TransferQr(bank_bin="970418", account="000000000001", amount_vnd=Dong(75_000), memo="HG4K7P2M9E LUNGCU"))


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.read({"PROFILE": "demo", "KAFKA_BOOTSTRAP_SERVERS": f"bank:word@127.0.0.1:{unused_port()}"})
    bank = Bank(settings.kafka_bootstrap, "")
    transport = httpx.ASGITransport(build(settings, bank))
    headers = {"accept": "text/html", "accept-language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://bank.test", headers=headers) as client:
        yield client
    await bank.close()


async def test_page_says_what_a_code_asks_and_lets_amount_and_memo_be_changed(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/bank", params={"qr": f" {QR}\n"})
    assert page.status_code == 200
    assert "BIDV" in page.text
    assert "75.000" in page.text
    assert re.search(r'id="account">000000000001<', page.text)
    assert re.search(r'<input[^>]* name="amount"[^>]* value="75000"', page.text)
    assert re.search(r'<input[^>]* name="memo"[^>]* value="HG4K7P2M9E LUNGCU"', page.text)
    assert "hreflang" in page.text
    assert re.search(r'name="idempotency_key" value="[0-9a-f-]{36}"', page.text)


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_text_that_is_no_code_is_refused_in_words(browser: httpx.AsyncClient, language: str) -> None:
    page = await browser.get("/bank", params={"qr": QR[:-1] + "<", "lang": language})
    assert page.status_code == 422
    assert {"vi": "không phải mã VietQR", "en": "not a VietQR"}[language] in page.text
    assert "&lt;</textarea>" in page.text


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("0", "above 0"), ("500.000.001", "above 0"), ("7.5k", "350.000"), ("75,5", "350.000"), ("x", "350.000")],
)
async def test_an_amount_that_cannot_be_sent_shows_the_form_again(
    browser: httpx.AsyncClient, typed: str, hint: str
) -> None:
    form = {"qr": QR, "amount": typed, "memo": "mine", "idempotency_key": str(uuid4())}
    page = await browser.post("/bank/pay", data=form)
    assert page.status_code == 422
    assert 'value="mine"' in page.text
    assert f'value="{typed}"' in page.text
    assert hint in page.text
    assert "hreflang" not in page.text  # nobody can come back to this address by GET


async def test_payment_without_a_key_is_refused(browser: httpx.AsyncClient) -> None:
    page = await browser.post("/bank/pay", data={"qr": QR, "amount": "75000"})
    assert page.status_code == 400


async def test_ready_says_that_kafka_is_away_while_the_page_lives(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/health/live")).status_code == 200
    assert (await browser.get("/health/ready")).status_code == 503


@pytest.mark.parametrize("environment", [{}, {"PROFILE": ""}, {"PROFILE": "production"}])
def test_there_is_no_simulated_bank_unless_the_profile_says_demo(environment: dict[str, str]) -> None:
    with pytest.raises(SimulatorRefused):
        Settings.read(environment)
