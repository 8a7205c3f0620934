"""A visitor's way through the public doors: order, wait for the QR, wait for the tickets."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from deploy.simulator.browser import Browser, DoorRefused
from shared.ids import uuid7
from shared.qr.vietqr import TransferQr, decode

View = dict[str, object]
_FIRST_PAUSES_S, _LATER_PAUSE_S = 0.02, 0.25


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to buy."""

    product_id: str
    visit_on: date
    counts: Mapping[str, int]
    nights: int = 0
    ticket_mode: str = "per_person"


async def order(browser: Browser, wish: Wish) -> str:
    """Places the order; its token, which is its link."""
    placed = await browser.post_json(
        "/api/orders",
        {
            "order_id": str(uuid7()),
            "product_id": wish.product_id,
            "visit_on": wish.visit_on.isoformat(),
            "nights": wish.nights,
            "counts": dict(wish.counts),
            "ticket_mode": wish.ticket_mode,
        },
    )
    return str(placed["token"])


async def qr_of(browser: Browser, token: str, limit_s: float = 30) -> TransferQr:
    """What the payer's app reads from the order's page."""
    view = await wait_for(browser, token, lambda view: bool(view["qr_payload"]), limit_s)
    return decode(str(view["qr_payload"]))


async def tickets_of(browser: Browser, token: str, limit_s: float = 30) -> list[dict[str, object]]:
    """The tickets, once the visitor can read them."""
    view = await wait_for(browser, token, lambda view: bool(view["tickets"]), limit_s)
    return cast("list[dict[str, object]]", view["tickets"])


async def wait_for(browser: Browser, token: str, holds: Callable[[View], bool], limit_s: float) -> View:
    """The order's state once it holds; asked for often at first. DoorRefused after the limit."""
    began = time.monotonic()
    while True:
        view = await browser.read(f"/api/orders/{token}")
        if holds(view):
            return view
        waited_s = time.monotonic() - began
        if waited_s > limit_s:
            raise DoorRefused(f"an order did not get on within {limit_s:.0f} s; it is {view['status']}")
        await asyncio.sleep(_FIRST_PAUSES_S if waited_s < 1 else _LATER_PAUSE_S)
