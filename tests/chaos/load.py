"""Visitors who order, pay in all the ways people pay, and enter; they note what they were promised."""

import asyncio
import random
from collections.abc import Coroutine
from dataclasses import dataclass, field
from itertools import cycle
from uuid import UUID

import httpx

from deploy.simulator.transfers import Transfer
from shared.ids import uuid7
from tests.support.buyers import ENTRIES, Buyers, OrderState, transfer_for

ORDERS_PER_S = 5.0
# Now and then so many come at once, so that parts are killed in the middle of large batches too.
BUS, BUSES = 50, 0.02
# While so many are on their way nobody sets out: a machine that is too slow for the rest would only queue them.
MOST_UNDER_WAY = 100
_POOLS, _OF_A_POOL = 20, 5


class InTurn(httpx.AsyncBaseTransport):
    """Small pools of connections, one after the other: a large one looks through all that it has for each request,
    which on a busy machine left hundreds of visitors without an answer."""

    def __init__(self) -> None:
        few = httpx.Limits(max_connections=_OF_A_POOL, max_keepalive_connections=_OF_A_POOL)
        self._pools = [httpx.AsyncHTTPTransport(limits=few) for _ in range(_POOLS)]
        self._turns = cycle(self._pools)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await next(self._turns).handle_async_request(request)

    async def aclose(self) -> None:
        for pool in self._pools:
            await pool.aclose()


@dataclass(slots=True)
class Promised:
    """What our services acknowledged; it must be there in the end, exactly once."""

    tickets_of_order: dict[UUID, int] = field(default_factory=dict[UUID, int])
    admitted: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    told_vnd: dict[int, int] = field(default_factory=dict[int, int])

    @property
    def money_vnd(self) -> int:
        return sum(self.told_vnd.values())


@dataclass(slots=True)
class Load:
    """Orders at random moments, each followed by its whole journey."""

    buyers: Buyers
    rng: random.Random
    promised: Promised = field(default_factory=Promised)
    payable: list[OrderState] = field(default_factory=list[OrderState])

    async def run(self, for_s: float) -> None:
        """Begins journeys for so long, and returns when all of them are at their end."""
        loop = asyncio.get_running_loop()
        end = loop.time() + for_s
        room = asyncio.Semaphore(MOST_UNDER_WAY)
        async with asyncio.TaskGroup() as journeys:
            while loop.time() < end:
                for _ in range(BUS if self.rng.random() < BUSES else 1):
                    await room.acquire()
                    journey = journeys.create_task(self._journey(random.Random(self.rng.random())))
                    journey.add_done_callback(lambda _: room.release())
                await asyncio.sleep(self.rng.expovariate(ORDERS_PER_S))

    async def tell(self, transfer: Transfer) -> None:
        """The bank's word for a transfer, noted once however often it is given."""
        self.promised.told_vnd[transfer.provider_id] = transfer.payment.amount_vnd
        await self.buyers.tell(transfer)

    async def _journey(self, rng: random.Random) -> None:
        people = rng.randint(1, 4)
        placed = await self.buyers.order(rng.choice(ENTRIES), people)
        order_id = UUID(placed.order_id)
        state = await self.buyers.becomes(placed.token, lambda seen: seen.ready)
        self.payable.append(state)
        if rng.random() < 0.1:
            return  # never pays
        await self._pay(state, rng)
        self.promised.tickets_of_order[order_id] = people
        ticketed = await self.buyers.becomes(placed.token, lambda seen: seen.status == "ticketed")
        assert len(ticketed.tickets) == people
        if rng.random() < 0.8:
            await asyncio.gather(*(self._enter(ticketed.venue_id, seen.ticket_id, seen.code, rng)
                                   for seen in ticketed.tickets))  # fmt: skip

    async def _pay(self, state: OrderState, rng: random.Random) -> None:
        total = state.total_vnd
        exact = transfer_for(state, total, f"{state.order_id} pays")
        later: list[Coroutine[object, object, None]] = []
        match rng.choices(("exact", "twice told", "in parts", "too much", "paid again", "bad memo"),
                          (50, 15, 12, 8, 8, 7))[0]:  # fmt: skip
            case "twice told":
                later = [self.tell(exact), self.tell(exact)]
            case "in parts":
                part = transfer_for(state, total // 2, f"{state.order_id} first part")
                later = [self.tell(part), self.tell(transfer_for(state, total - total // 2, f"{state.order_id} rest"))]
            case "too much":
                later = [self.tell(transfer_for(state, total + 7_000, f"{state.order_id} too much"))]
            case "paid again":
                later = [self.tell(exact), self.tell(transfer_for(state, total, f"{state.order_id} again"))]
            case "bad memo":
                lost = transfer_for(state, total, f"{state.order_id} lost", memo="chuyen tien ve tham quan")
                later = [self.tell(lost), self.tell(exact)]
            case _:
                later = [self.tell(exact)]
        await asyncio.gather(*later)

    async def _enter(self, venue_id: str, ticket_id: str, code: str, rng: random.Random) -> None:
        """One ticket at the gate; the phone often sends a scan twice, and the ticket is sometimes shown twice."""
        scan_id = uuid7()
        twice = [self.buyers.scan(venue_id, code, scan_id) for _ in range(rng.choice((1, 1, 2)))]
        answers = await asyncio.gather(*twice)
        assert {answer.verdict for answer in answers} == {"admitted"}
        self.promised.admitted[scan_id] = UUID(ticket_id)
        if rng.random() < 0.1:
            assert (await self.buyers.scan(venue_id, code, uuid7())).verdict == "conflict"
