"""From the bank's word to the visitor's ticket, and paid orders a second through everything."""

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date

import aiohttp
import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.simulator.bank import outgoing
from shared.clock import local_date, utc_now
from shared.events.topics import BANK_TRANSFERS
from shared.ids import uuid7
from shared.kafka.connection import connection
from tests.bench.figures import Figure, ms, spread
from tests.support.buyers import ENTRIES, OrderState, Placed, transfer_for
from tests.support.real_system import RealSystem

ORDERS_PER_S = 50
_PACED_S = 20
_OPEN_BEFORE_S = 1.0
_AT_ONCE = 48
_SUSTAINED_S = 20
_NOBODY = "bench.nobody"
_WANTED_P50_MS, _WANTED_P99_MS = 50, 250


class Told(msgspec.Struct, frozen=True):
    """What the live stream of an order says."""

    status: str
    ready: bool


@dataclass(slots=True)
class Chain:
    """Visitors with a browser each, and the bank."""

    http: aiohttp.ClientSession
    bank: AIOKafkaProducer
    told_s: list[float] = field(default_factory=list[float])
    read_s: list[float] = field(default_factory=list[float])
    streams_broken: int = 0

    async def order(self, product_id: str, visit_on: date) -> Placed:
        order_id = str(uuid7())
        body = {
            "order_id": order_id,
            "product_id": product_id,
            "visit_on": visit_on.isoformat(),
            "counts": {"adult": 1},
        }
        headers = {"Idempotency-Key": order_id}
        async with self.http.post("/api/orders", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return msgspec.json.decode(await answer.read(), type=Placed)

    async def state(self, token: str) -> OrderState:
        async with self.http.get(f"/api/orders/{token}") as answer:
            return msgspec.json.decode(await answer.read(), type=OrderState)

    async def payable(self, product_id: str) -> OrderState:
        """A new order, once it can be paid."""
        placed = await self.order(product_id, local_date(utc_now()))
        async for told in self.live(placed.token):
            if told.ready:
                break
        return await self.state(placed.token)

    async def live(self, token: str) -> AsyncGenerator[Told]:
        """The order's states, as its page hears of them; a browser opens a broken stream again."""
        while True:
            try:
                async with self.http.get(f"/api/orders/{token}/live") as answer:
                    async for line in answer.content:
                        if line.startswith(b"data:"):
                            yield msgspec.json.decode(line[5:], type=Told)
            except aiohttp.ClientPayloadError:
                pass
            self.streams_broken += 1

    async def pay(self, state: OrderState) -> None:
        row = outgoing(transfer_for(state, state.total_vnd, state.order_id), BANK_TRANSFERS.name, utc_now())
        headers = [(name, value.encode()) for name, value in row.headers.items()]
        await self.bank.send_and_wait(row.topic, row.payload, row.key.encode(), headers=headers)

    async def pay_at(self, state: OrderState, at: float) -> None:
        """Pays at a moment of the loop's clock, with the page open; notes how long the ticket takes from there on."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(at - _OPEN_BEFORE_S - loop.time())
        paying: asyncio.Task[None] | None = None
        async for told in self.live(state.token):
            paying = paying or asyncio.create_task(self._pay_later(state, at))
            if told.status == "ticketed":
                break
        self.told_s.append(loop.time() - at)
        assert (await self.state(state.token)).tickets
        self.read_s.append(loop.time() - at)
        assert paying is not None
        await paying

    async def _pay_later(self, state: OrderState, at: float) -> None:
        await asyncio.sleep(at - asyncio.get_running_loop().time())
        await self.pay(state)


@asynccontextmanager
async def chain_of(system: RealSystem) -> AsyncGenerator[Chain]:
    bank = AIOKafkaProducer(**connection(system.kafka_bootstrap), acks="all", enable_idempotence=True)
    await bank.start()
    connector, limit = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=120)
    try:
        async with aiohttp.ClientSession(system.origin("ticketing"), connector=connector, timeout=limit) as http:
            yield Chain(http, bank)
    finally:
        await bank.stop()


async def measure_ticket_latency(system: RealSystem, for_s: int = _PACED_S, sends: int = 1000) -> list[Figure]:
    """At a steady rate, on four venues: the clock starts when a transfer is due, so a late sender counts as well."""
    async with chain_of(system) as chain:
        limit = await _bare_sends(chain, system.kafka_bootstrap, sends)
        states = await _many_payable(chain, ORDERS_PER_S * for_s)
        start = asyncio.get_running_loop().time() + _OPEN_BEFORE_S + 0.5
        await asyncio.gather(*(chain.pay_at(state, start + n / ORDERS_PER_S) for n, state in enumerate(states)))
    holds = ms(chain.read_s, 50) <= _WANTED_P50_MS and ms(chain.read_s, 99) <= _WANTED_P99_MS
    return [
        Figure(
            f"bank event -> ticket read by the visitor, {ORDERS_PER_S}/s for {for_s} s",
            spread(chain.read_s, 50, 99),
            f"send_and_wait {spread(limit, 50, 99)}",
            f"p50 <= {_WANTED_P50_MS}, p99 <= {_WANTED_P99_MS} ms",
            holds,
        ),
        Figure("  of it until the live stream tells", spread(chain.told_s, 50, 99)),
        Figure("  live streams that broke", str(chain.streams_broken), wanted="0"),
    ]


async def measure_paid_orders(system: RealSystem, for_s: float = _SUSTAINED_S) -> Figure:
    """Whole journeys, so many at once as keep everything busy: order, intent, transfer, ticket."""
    done = 0
    async with chain_of(system) as chain:
        began = time.perf_counter()
        products = itertools.cycle(ENTRIES)

        async def buy() -> None:
            nonlocal done
            while time.perf_counter() - began < for_s:
                state = await chain.payable(next(products))
                await chain.pay(state)
                async for told in chain.live(state.token):
                    if told.status == "ticketed":
                        break
                done += 1

        await asyncio.gather(*(buy() for _ in range(_AT_ONCE)))
        took_s = time.perf_counter() - began
    return Figure(
        f"paid orders through the whole chain, {_AT_ONCE} visitors at once", f"{done / took_s:.0f}/s", wanted="120/s"
    )


async def _bare_sends(chain: Chain, bootstrap: str, sends: int) -> list[float]:
    """Idempotent send_and_wait, one after the other, of messages that nobody reads."""
    admin = AIOKafkaAdminClient(**connection(bootstrap))
    await admin.start()
    await admin.create_topics([NewTopic(_NOBODY, 1, 1)])
    await admin.close()
    seconds: list[float] = []
    for _ in range(sends):
        began = time.perf_counter()
        await chain.bank.send_and_wait(_NOBODY, b"x" * 400, b"key")
        seconds.append(time.perf_counter() - began)
    return seconds[sends // 10 :]


async def _many_payable(chain: Chain, count: int) -> list[OrderState]:
    products = itertools.cycle(ENTRIES)
    left = iter(range(count))
    states: list[OrderState] = []

    async def some() -> None:
        for _ in left:
            states.append(await chain.payable(next(products)))  # noqa: PERF401 - many take from one count

    await asyncio.gather(*(some() for _ in range(16)))
    return states
