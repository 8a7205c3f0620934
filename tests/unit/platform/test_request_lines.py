"""What the log keeps of a request: enough to look for an attack, too little to find a house or an order."""

import logging
from typing import cast

import httpx
import pytest

from tests.support.sample_pages import SamplePages


async def line_of(caplog: pytest.LogCaptureFixture, path: str, client: str) -> dict[str, object]:
    """The one line of a request for a path from an address."""
    caplog.clear()
    transport = httpx.ASGITransport(SamplePages().app(), client=(client, 40000))
    with caplog.at_level(logging.INFO):
        async with httpx.AsyncClient(transport=transport, base_url="http://mot-cham.test") as browser:
            await browser.get(path)
    [record] = [record for record in caplog.records if record.getMessage() == "request"]
    return cast("dict[str, object]", record.__dict__["fields"])


@pytest.mark.parametrize(
    ("client", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:12:34:56::1", "2001:db8:12::/48"),
        ("no address", ""),
    ],
)
async def test_of_who_was_refused_the_log_says_from_where_as_much_as_may_be_kept(
    caplog: pytest.LogCaptureFixture, client: str, kept: str
) -> None:
    line = await line_of(caplog, "/no/such/page", client)
    assert (line["status"], line["address"]) == (404, kept)


async def test_of_who_was_served_it_says_nothing_and_of_an_order_never_the_link(
    caplog: pytest.LogCaptureFixture,
) -> None:
    line = await line_of(caplog, "/orders/waiting", "203.0.113.77")
    assert "address" not in line
    assert "waiting" not in str(line)
