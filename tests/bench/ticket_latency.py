"""From the bank's word to the ticket, at a steady rate; the clock starts when a transfer is due, so lateness counts."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.bench.figures import spread
from tests.bench.load import Bounds, Load, Outcome, Run
from tests.bench.subject import Subject
from tests.bench.visitors import Bank, Visitor, is_ticketed, visitors, wishes_of_a_province
from tests.support.buyers import OrderState

_OPEN_BEFORE_S = 1.0
_BUYERS = 16
_NOBODY = "bench.nobody"


def ticket_latency(per_s: int) -> Load:
    return Load(
        name=f"ticket-{per_s}",
        what=f"bank event -> ticket read by the visitor, {per_s}/s",
        unit="order",
        ready=partial(_ready, per_s=per_s),
        # At most 0.9 of the other release's.
        wanted={"read p50": Bounds(times=1 / 0.9), "read p99": Bounds(times=1 / 0.9)},
        percents=(50, 99),
        limit=_bare_sends,
        is_paced=True,
    )


@asynccontextmanager
async def _ready(subject: Subject, for_s: float, *, per_s: int) -> AsyncGenerator[Run]:
    count = int(per_s * for_s)
    async with visitors(subject, count) as (everybody, bank):
        states = await _payable(everybody)

        async def run(_for_s: float) -> Outcome:
            told_s: list[float] = []
            read_s: list[float] = []
            start = asyncio.get_running_loop().time() + _OPEN_BEFORE_S + 0.5

            async def watch(visitor: Visitor, state: OrderState, at: float) -> None:
                await _paid_at(visitor, bank, state, at)
                loop = asyncio.get_running_loop()
                told_s.append(loop.time() - at)
                assert (await visitor.state(state.token)).tickets
                read_s.append(loop.time() - at)

            each = zip(everybody, states, strict=True)
            await asyncio.gather(*(watch(*one, start + number / per_s) for number, one in enumerate(each)))
            broken = sum(visitor.streams_broken for visitor in everybody)
            return Outcome(count, for_s, {"read": read_s, "told": told_s}, {"streams broken": broken})

        yield run


async def _payable(everybody: list[Visitor]) -> list[OrderState]:
    """An order for each visitor, in their order."""
    places = asyncio.Semaphore(_BUYERS)

    async def one(visitor: Visitor) -> OrderState:
        async with places:
            return await visitor.payable(next(wishes))

    wishes = wishes_of_a_province()
    return await asyncio.gather(*map(one, everybody))


async def _paid_at(visitor: Visitor, bank: Bank, state: OrderState, at: float) -> None:
    """Opens the page a little before, pays at a moment of the loop's clock, and returns when the page says ticketed."""
    loop = asyncio.get_running_loop()
    await asyncio.sleep(at - _OPEN_BEFORE_S - loop.time())

    async def pay() -> None:
        await asyncio.sleep(at - loop.time())
        await bank.pay(state)

    async with asyncio.TaskGroup() as group:
        group.create_task(pay())
        await visitor.told(state.token, is_ticketed)


async def _bare_sends(subject: Subject, sends: int = 500) -> str:
    """Idempotent send_and_wait, one after the other, of messages that nobody reads."""
    admin = AIOKafkaAdminClient(**subject.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(_NOBODY, 1, 1)])
    await admin.close()
    seconds: list[float] = []
    async with visitors(subject, 0) as (_, bank):
        for _number in range(sends):
            began = time.perf_counter()
            await bank.kafka.send_and_wait(_NOBODY, b"x" * 400, b"key")
            seconds.append(time.perf_counter() - began)
    return f"send_and_wait {spread(seconds[sends // 10 :], 50, 99)}"
