"""Paid orders from the first click to the ticket, spread over venues and days: a POST, two streams and a GET each."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from tests.bench.load import Bounds, Load, Outcome, Run
from tests.bench.subject import Subject
from tests.bench.visitors import Visitor, is_ticketed, visitors, wishes_of_a_province

VISITORS = 48
TOLD = "told"


@asynccontextmanager
async def _ready(subject: Subject, _for_s: float) -> AsyncGenerator[Run]:
    wishes = wishes_of_a_province()
    async with visitors(subject, VISITORS) as (everybody, bank):

        async def run(for_s: float) -> Outcome:
            told_s: list[float] = []
            began = time.perf_counter()

            async def buy(visitor: Visitor) -> None:
                # However short the time is, each buys once.
                for wish in wishes:
                    state = await visitor.payable(wish)
                    paid_at = time.perf_counter()
                    await bank.pay(state)
                    await visitor.told(state.token, is_ticketed)
                    told_s.append(time.perf_counter() - paid_at)
                    if time.perf_counter() - began >= for_s:
                        return

            await asyncio.gather(*map(buy, everybody))
            broken = sum(visitor.streams_broken for visitor in everybody)
            return Outcome(len(told_s), time.perf_counter() - began, {TOLD: told_s}, {"streams broken": broken})

        yield run


PAID_ORDERS = Load(
    name="orders",
    what=f"paid order, {VISITORS} visitors with a page open each; bank event -> told",
    unit="order",
    ready=_ready,
    wanted={
        "rate": Bounds(at_least=220, times=3.5),
        "CPU": Bounds(at_most=7),
        "statements": Bounds(at_most=15),
        "commits": Bounds(at_most=1.5),
        "told p50": Bounds(at_most=100),
        "told p99": Bounds(at_most=170),
    },
    percents=(50, 99),
)
