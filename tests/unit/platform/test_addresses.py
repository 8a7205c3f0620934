"""Whom a request comes from: what our own door says of it, and nothing that a visitor says of himself."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.web.addresses import TRUSTED_PROXIES, client_address, is_one_house, is_our_machine


async def _tell(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(client_address(Request(scope)))(scope, receive, send)


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("172.18.0.5", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("127.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "192.168.1.20", "192.168.1.20"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("::1", "", "::1"),
        ("203.0.113.7", "127.0.0.1", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "nobody", ""),
    ],
)
async def test_an_address_is_what_our_own_door_says(peer: str, said: str, address: str) -> None:
    app = httpx.ASGITransport(ProxyHeadersMiddleware(_tell, list(TRUSTED_PROXIES)), client=(peer, 50_000))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=app, base_url="http://mot-cham.test") as browser:
        answer = await browser.get("/", headers={"X-Forwarded-For": said} if said else {})
    assert answer.text == address


@pytest.mark.parametrize(("address", "is_ours"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("", False)])
def test_our_machine_is_this_one_alone(address: str, is_ours: bool) -> None:
    assert is_our_machine(address) is is_ours


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("8.8.8.8", True),
        ("2a01:4f8::/64", True),
        ("", False),
        ("127.0.0.1", False),
        ("172.18.0.1", False),
        ("fd00::/64", False),
    ],
)
def test_what_a_proxy_says_of_nobody_is_no_house(address: str, is_one: bool) -> None:
    assert is_one_house(address) is is_one
