"""What goes wrong in a chaos run: parts are killed, the bank repeats itself, topics and doors are flooded."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypedDict

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from deploy.simulator.bank import outgoing
from shared.clock import utc_now
from shared.events.topics import BANK_TRANSFERS, PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.ids import uuid7
from shared.kafka import breaker
from shared.kafka.connection import connection
from shared.kafka.patience import stop_within
from shared.kafka.producer import Outgoing
from tests.chaos.load import Load
from tests.support.buyers import transfer_for
from tests.support.real_system import RealSystem
from tests.support.waiting import PATIENCE_S

_HUGE_BYTES = 900_000
# While a part is away, hundreds of journeys ask again in the loop that sends.
_ATTEMPT_S = 30.0
_PAUSE_S = (2.0, 6.0)
_FLOOD_S, _STRANGERS_AT_ONCE = 5.0, 8


class _More(TypedDict, total=False):
    """What a request has besides its address."""

    headers: dict[str, str]
    json: object
    content: bytes


# Service, method, path and the rest; each must be refused.
_STRANGERS: list[tuple[str, str, str, _More]] = [
    ("payments", "GET", "/api/owner/live", {"headers": {"cookie": "__Host-owner=" + "A" * 12_000}}),
    ("payments", "POST", "/owner/charges", {"content": b"x" * 60_000}),
    ("analytics", "GET", "/province", {"headers": {"cookie": "a=" + "x" * 20_000}}),
    ("analytics", "GET", "/api/province/overview.csv", {"headers": {"accept-language": "vi," * 5_000}}),
    ("ticketing", "POST", "/api/orders", {"json": {"product_id": "nothing", "counts": {"guest": 10**9}}}),
    ("ticketing", "POST", "/api/orders", {"content": b"{" * 70_000, "headers": {"content-type": "application/json"}}),
    ("ticketing", "GET", "/t/" + "0" * 43, {}),
    ("ticketing", "POST", "/api/gate/scans", {"json": {"scans": [{}] * 2_000}}),
]


def killed(system: RealSystem) -> dict[str, list[str]]:
    """What is killed, and the processes of which it is one each time."""
    found: dict[str, list[str]] = {"kafka": ["kafka"], "postgres": ["postgres"]}
    for member in system.members():
        found.setdefault(f"a {member.role}" if system.apart else member.service, []).append(member.name)
    return found


@dataclass(slots=True)
class Faults:
    """Does one thing after the other, every kind at least once in a run of some length."""

    system: RealSystem
    load: Load
    rng: random.Random
    bad_events: dict[str, set[str]] = field(default_factory=lambda: {"ticketing": set(), "payments": set()})
    done: list[str] = field(default_factory=list[str])
    mistakes: list[str] = field(default_factory=list[str])

    async def run(self, for_s: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + for_s
        kinds: dict[str, Callable[[], Awaitable[bool]]] = {
            **{f"kill {what}": partial(self._kill, names) for what, names in killed(self.system).items()},
            "same bank event 20 times at once": self._storm,
            "rubbish on the topics": self._rubbish,
            "a flood of broken messages": self._flood_topic,
            "a flood at the doors": self._flood_doors,
        }
        waiting: list[str] = []
        while True:
            await asyncio.sleep(self.rng.uniform(*_PAUSE_S))
            if loop.time() >= end:
                return
            waiting = waiting or self.rng.sample(sorted(kinds), len(kinds))
            kind = waiting.pop()
            if await kinds[kind]():
                print(f"{for_s - (end - loop.time()):5.1f} s  {kind}")
                self.done.append(kind)

    async def _kill(self, names: Sequence[str]) -> bool:
        return self.system.kill(self.rng.choice(names))

    async def _storm(self) -> bool:
        """A payer's transfer, told 20 times at once by four messengers; every telling is another event."""
        if not self.load.payable:
            return False
        state = self.rng.choice(self.load.payable)
        transfer = transfer_for(state, 11_000, f"{state.order_id} storm {self.rng.random()}")
        self.load.promised.told_vnd[transfer.provider_id] = 11_000
        topic = BANK_TRANSFERS.name
        tellings = [outgoing(transfer, topic, utc_now()) for _ in range(20)]
        await asyncio.gather(*(self._send(tellings[first::4]) for first in range(4)))
        return True

    async def _rubbish(self) -> bool:
        """Events that must be put aside, and some that must be passed over, on every topic."""
        truncated = json.dumps({"id": 7, "accountNumber": "000000000001", "transferAmount": 30000})[:-9].encode()
        huge = b'{"order_id": "' + b"x" * _HUGE_BYTES + b'"}'
        bank, ticketing, payments = BANK_TRANSFERS.name, TICKETING_EVENTS.name, PAYMENTS_EVENTS.name
        put_aside = [
            ("payments", bank, "bank.sepay_transfer.v1", b"not json \x00\xff"),
            ("payments", bank, "bank.sepay_transfer.v1", truncated),
            ("payments", bank, "bank.unheard_of.v9", b"{}"),
            ("payments", bank, "bank.sepay_transfer.v1", huge),
            ("payments", ticketing, "ticketing.order_placed.v1", huge),
            ("payments", ticketing, "ticketing.order_placed.v1", b'{"version": 1, "order_id"'),
            ("ticketing", payments, "payments.payment_settled.v1", huge),
            ("ticketing", payments, "payments.payment_settled.v1", b"[]"),
        ]
        passed_over = [
            ("payments", ticketing, "ticketing.unheard_of.v1", b"{}"),
            ("ticketing", payments, "payments.unheard_of.v7", b"\xff" * 100),
        ]
        rows: list[Outgoing] = []
        for number, (reader, topic, ce_type, value) in enumerate([*put_aside, *passed_over]):
            ce_id = str(uuid7())
            if number < len(put_aside):
                self.bad_events[reader].add(ce_id)
            headers = {"ce_id": ce_id, "ce_type": ce_type, "ce_source": "/rubbish", "ce_specversion": "1.0"}
            rows.append(Outgoing(number, topic, f"key {self.rng.randint(0, 99)}", value, headers))
        await self._send(rows)
        return True

    async def _flood_topic(self) -> bool:
        """More broken messages of one topic than a consumer puts aside without a pause."""
        reader, topic, ce_type = self.rng.choice([
            ("payments", BANK_TRANSFERS.name, "bank.sepay_transfer.v1"),
            ("payments", TICKETING_EVENTS.name, "ticketing.order_placed.v1"),
            ("ticketing", PAYMENTS_EVENTS.name, "payments.payment_settled.v1"),
        ])  # fmt: skip
        rows: list[Outgoing] = []
        for number in range(breaker.LIMIT + 50):
            ce_id = str(uuid7())
            self.bad_events[reader].add(ce_id)
            headers = {"ce_id": ce_id, "ce_type": ce_type, "ce_source": "/flood", "ce_specversion": "1.0"}
            rows.append(Outgoing(number, topic, f"key {self.rng.randint(0, 99)}", b"{", headers))
        await self._send(rows)
        return True

    async def _flood_doors(self) -> bool:
        """Strangers who ask as fast as they are answered: each is refused, none is our mistake."""
        end = asyncio.get_running_loop().time() + _FLOOD_S

        async def ask(http: httpx.AsyncClient, rng: random.Random) -> None:
            while asyncio.get_running_loop().time() < end:
                if (mistake := await self._ask(http, *rng.choice(_STRANGERS))) is not None:
                    self.mistakes.append(mistake)

        async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
            strangers = [random.Random(self.rng.random()) for _ in range(_STRANGERS_AT_ONCE)]
            await asyncio.gather(*(ask(http, rng) for rng in strangers))
        return True

    async def _ask(self, http: httpx.AsyncClient, service: str, method: str, path: str, more: _More) -> str | None:
        """What was wrong with the answer, if anything; parts are away now and then."""
        try:
            answer = await http.request(method, self.system.origin(service) + path, **more)
        except httpx.HTTPError:
            return None
        refused = 400 <= answer.status_code < 500
        # The door says 502 of whoever was killed while it answered.
        away = answer.status_code in ((502, 503) if self.system.apart else (503,))
        return None if refused or away else f"{answer.status_code} {method} {path}"

    async def _send(self, rows: list[Outgoing]) -> None:
        """Returns once Kafka has them all; after a failure they are all sent again, as producers do."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    async with asyncio.timeout(_ATTEMPT_S), _producer(self.system.kafka_bootstrap) as producer:
                        await asyncio.gather(*(_send_one(producer, row) for row in rows))
                        return
                except (KafkaError, OSError):  # TimeoutError is an OSError
                    await asyncio.sleep(0.5)


@asynccontextmanager
async def _producer(bootstrap: str) -> AsyncGenerator[AIOKafkaProducer]:
    """Not idempotent: a stranger's messenger may tell things twice."""
    producer = AIOKafkaProducer(**connection(bootstrap), request_timeout_ms=5_000)
    try:
        await producer.start()
        yield producer
    finally:
        await stop_within(producer, 2)


async def _send_one(producer: AIOKafkaProducer, row: Outgoing) -> None:
    headers = [(name, value.encode()) for name, value in row.headers.items()]
    await producer.send_and_wait(row.topic, row.payload, row.key.encode(), headers=headers)
