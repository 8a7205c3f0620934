"""The hot day: one product and one day that everybody wants at once, while there are places and when there are none."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import repeat

from shared.clock import local_date, utc_now
from tests.bench.http import Kept, kept
from tests.bench.load import Bounds, Load, Outcome, Run, side_by_side
from tests.bench.subject import Subject
from tests.bench.visitors import DAYS, Wish, order_request
from tests.support.gate import PRODUCT

CONNECTIONS = 48
_FILL = "UPDATE days SET capacity = held + sold WHERE product_id = $1 AND day = $2"


def _wish(*, is_full: bool) -> Wish:
    """Days that no other load wants."""
    return Wish(PRODUCT, local_date(utc_now()) + timedelta(DAYS + 10 + is_full))


@asynccontextmanager
async def _ready(subject: Subject, _for_s: float, *, is_full: bool) -> AsyncGenerator[Run]:
    wish = _wish(is_full=is_full)
    async with kept(subject.ports, CONNECTIONS) as browsers:
        if is_full:
            await _asker(browsers[0], 201, b'"token"')(wish)
            await subject.databases["ticketing"].execute(_FILL, wish.product_id, wish.visit_on)
        answer = (409, b'"sold_out"') if is_full else (201, b'"token"')

        async def run(for_s: float) -> Outcome:
            return await side_by_side(repeat(wish), [_asker(browser, *answer) for browser in browsers], for_s)

        yield run


def _asker(browser: Kept, status: int, says: bytes) -> Callable[[Wish], Awaitable[None]]:
    async def ask(wish: Wish) -> None:
        answer = await browser.ask(order_request(wish))
        assert answer.status == status, answer
        assert says in answer.body, answer

    return ask


HOT_DAY = Load(
    name="hot-day",
    what=f"one product, one day, {CONNECTIONS} at once: order held",
    unit="order",
    ready=partial(_ready, is_full=False),
    wanted={"rate": Bounds(at_least=900)},
    percents=(50, 95),
)
SOLD_OUT = Load(
    name="sold-out",
    what="such a day without a place left: answer",
    unit="answer",
    ready=partial(_ready, is_full=True),
    wanted={"rate": Bounds(at_least=500)},
    percents=(50, 95),
)
