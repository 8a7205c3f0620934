"""Visitors with a browser each, and the bank that tells of their transfers: as much of both as a load needs."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle

import msgspec
from aiokafka import AIOKafkaProducer

from deploy.simulator.bank import outgoing
from shared.clock import local_date, utc_now
from shared.events.topics import BANK_TRANSFERS
from shared.ids import uuid7
from tests.bench.http import Broken, Feed, Kept, feed, get, kept, post
from tests.bench.subject import Subject
from tests.support.buyers import ENTRIES, OrderState, Placed, transfer_for

DAYS = 30


class Told(msgspec.Struct, frozen=True):
    """What the live stream of an order says."""

    status: str
    ready: bool


_TOLD = msgspec.json.Decoder(Told)
_PLACED = msgspec.json.Decoder(Placed)
_STATE = msgspec.json.Decoder(OrderState)


@dataclass(frozen=True, slots=True)
class Wish:
    product_id: str
    visit_on: date
    people: int = 1


def wishes_of_a_province() -> "cycle[Wish]":
    """Four venues and thirty days, in turn: nobody is next to the one who wanted the same."""
    today = local_date(utc_now())
    return cycle([Wish(product, today + timedelta(days)) for days in range(DAYS) for product in ENTRIES])


@dataclass(slots=True)
class Bank:
    """Tells each transfer at once, and waits until Kafka has it."""

    kafka: AIOKafkaProducer

    async def pay(self, state: OrderState) -> None:
        row = outgoing(transfer_for(state, state.total_vnd, state.order_id), BANK_TRANSFERS.name, utc_now())
        headers = [(name, value.encode()) for name, value in row.headers.items()]
        await self.kafka.send_and_wait(row.topic, row.payload, row.key.encode(), headers=headers)


@dataclass(slots=True)
class Visitor:
    """One browser: a kept connection, and one for each open stream. streams_broken: how many had to be reopened.

    port: where it opens its streams, which need not be where it asks else.
    """

    port: int
    browser: Kept
    streams_broken: int = 0

    async def order(self, wish: Wish) -> Placed:
        answer = await self.browser.ask(order_request(wish))
        assert answer.status == 201, answer
        return _PLACED.decode(answer.body)

    async def state(self, token: str) -> OrderState:
        answer = await self.browser.ask(get(f"/api/orders/{token}"))
        assert answer.status == 200, answer
        return _STATE.decode(answer.body)

    async def payable(self, wish: Wish) -> OrderState:
        """A new order, once its page says that it can be paid, and how."""
        placed = await self.order(wish)
        await self.told(placed.token, lambda told: told.ready)
        return await self.state(placed.token)

    async def told(self, token: str, enough: Callable[[Told], bool], opened: Callable[[], None] = lambda: None) -> None:
        """Looks at the order's page until it says so; `opened` is called when it says anything."""
        while True:
            async with feed(self.port, f"/api/orders/{token}/live") as stream:
                try:
                    if await self._hears(stream, enough, opened):
                        return
                except Broken:
                    self.streams_broken += 1  # a browser opens it again

    async def _hears(self, stream: Feed, enough: Callable[[Told], bool], opened: Callable[[], None]) -> bool:
        while True:
            told = _TOLD.decode(await stream.next())
            opened()
            if enough(told):
                return True


def order_request(wish: Wish) -> bytes:
    order_id = str(uuid7())
    body = {
        "order_id": order_id,
        "product_id": wish.product_id,
        "visit_on": wish.visit_on.isoformat(),
        "counts": {"adult": wish.people},
    }
    return post("/api/orders", msgspec.json.encode(body), {"Idempotency-Key": order_id})


def is_ticketed(told: Told) -> bool:
    return told.status == "ticketed"


@asynccontextmanager
async def visitors(subject: Subject, count: int) -> AsyncGenerator[tuple[list[Visitor], Bank]]:
    async with AsyncExitStack() as stack:
        kafka = AIOKafkaProducer(**subject.kafka, acks="all", enable_idempotence=True)
        await kafka.start()
        stack.push_async_callback(kafka.stop)
        browsers = await stack.enter_async_context(kept(subject.ports, count))
        others = cycle(reversed(subject.ports))
        yield [Visitor(next(others), browser) for browser in browsers], Bank(kafka)


async def bought(subject: Subject, wish: Wish, orders: int) -> list[OrderState]:
    """So many orders of this wish, paid, with their tickets."""
    found: list[OrderState] = []
    waiting = iter(range(orders))
    async with visitors(subject, 16) as (everybody, bank):

        async def buy(visitor: Visitor) -> None:
            for _ in waiting:
                state = await visitor.payable(wish)
                await asyncio.gather(bank.pay(state), visitor.told(state.token, is_ticketed))
                found.append(await visitor.state(state.token))

        await asyncio.gather(*map(buy, everybody))
    return found
