"""The main job without a page: order, intent, transfer, tickets, on the real parts with both services running."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.secrets import ensure_secrets
from services.payments import app as payments_app
from services.payments.books.store.verification import verify_books
from services.ticketing import app as ticketing_app
from services.ticketing.undoing import undo
from shared.clock import ZONE, local_date, utc_now
from shared.events import topics
from shared.ids import uuid7
from shared.kafka.connection import connection
from shared.kafka.consumer import Consumer
from shared.process.service import Service
from shared.qr.vietqr import decode
from shared.settings import Settings
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.spine import running
from tests.support.topics import own_topics
from tests.support.waiting import until

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Chain:
    """Both services, all roles, in this process; the bank is a producer to bank.transfers."""

    ticketing: Service
    payments: Service
    bank: AIOKafkaProducer
    prefix: str

    @property
    def visitor(self) -> httpx.AsyncClient:
        assert self.ticketing.api is not None
        transport = httpx.ASGITransport(self.ticketing.api())
        return httpx.AsyncClient(transport=transport, base_url="http://localhost")

    async def order(self, product_id: str = "cot-co-lung-cu-entry", **counts: int) -> Json:
        order_id = str(uuid7())
        body = {
            "order_id": order_id,
            "product_id": product_id,
            "visit_on": (local_date(utc_now()) + timedelta(days=1)).isoformat(),
            "counts": counts or {"adult": 2},
        }
        async with self.visitor as visitor:
            answer = await visitor.post("/api/orders", json=body, headers={"Idempotency-Key": order_id})
        assert answer.status_code == 201, answer.text
        placed: Json = answer.json()
        return placed

    async def state(self, order: Mapping[str, object]) -> Json:
        async with self.visitor as visitor:
            found: Json = (await visitor.get(f"/api/orders/{order['token']}")).json()
        return found

    async def payable(self, order: Mapping[str, object]) -> Json:
        await until(lambda: self._is(order, "ready", True))
        return await self.state(order)

    async def _is(self, order: Mapping[str, object], name: str, wanted: object) -> bool:
        return (await self.state(order))[name] == wanted

    async def becomes(self, order: Mapping[str, object], status: str) -> Json:
        await until(lambda: self._is(order, "status", status))
        return await self.state(order)

    async def transfer(self, state: Mapping[str, object], amount_vnd: object, **changed: object) -> None:
        """What SePay would say of a transfer for this order."""
        number = secrets.randbelow(10**12)
        told = {
            "id": number,
            "gateway": "Agribank",
            "transactionDate": utc_now().astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": state["account_number"],
            "subAccount": None,
            "code": None,
            "content": f"MBVCB.{number}.{str(state['reference']).lower()}.CT tu 0000",
            "transferType": "in",
            "transferAmount": amount_vnd,
            "accumulated": 0,
            "referenceCode": f"FT{number}",
            "description": "",
        } | changed
        headers = [
            ("ce_id", str(uuid7()).encode()),
            ("ce_type", b"bank.sepay_transfer.v1"),
            ("ce_source", b"/bank"),
            ("ce_specversion", b"1.0"),
        ]
        topic = self.prefix + topics.BANK_TRANSFERS.name
        key = str(told["accountNumber"]).encode()
        await self.bank.send_and_wait(topic, json.dumps(told).encode(), key, headers=headers)


@pytest.fixture
async def chain(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Chain]:
    prefix = f"chain{secrets.token_hex(4)}."
    ensure_secrets(tmp_path)
    built: dict[str, Service] = {}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix))
        for name, app in (("ticketing", ticketing_app), ("payments", payments_app)):
            url = await stack.enter_async_context(cluster.database(f"chain_{name}", MIGRATIONS[name]))
            settings = replace(
                Settings.read(name, {f"{name.upper()}_DATABASE_URL": url, "PROFILE": "demo"}),
                kafka_bootstrap=cluster.kafka_bootstrap,
                topic_prefix=prefix,
                secrets_dir=tmp_path,
                solo=True,
            )
            service = built[name] = await app.build(settings)
            stack.push_async_callback(service.unit.pool.close)
            assert service.seed is not None
            await service.seed()
            assert service.relay is not None
            parts = [part for part in service.consumers() if isinstance(part, Consumer)]
            await stack.enter_async_context(running(*parts, service.relay))
            for work in (*service.background, *service.beside_pages):
                task = asyncio.ensure_future(work())
                stack.callback(task.cancel)
        bank = AIOKafkaProducer(**connection(cluster.kafka_bootstrap))
        await bank.start()
        stack.push_async_callback(bank.stop)
        yield Chain(built["ticketing"], built["payments"], bank, prefix)


async def test_only_the_banks_word_turns_an_order_into_tickets_once(chain: Chain) -> None:
    order = await chain.order(adult=2)
    state = await chain.payable(order)
    assert state["total_vnd"] == 60_000
    assert state["tickets"] == []

    await chain.transfer(state, 60_000, referenceCode="FT1", id=1)
    await chain.transfer(state, 60_000, referenceCode="FT1", id=1)
    paid = await chain.becomes(order, "ticketed")

    assert await _issued(chain, paid) == 2
    await _books_hold(chain)


async def test_a_short_transfer_waits_for_the_rest_and_a_surplus_goes_to_suspense(chain: Chain) -> None:
    order = await chain.order(adult=1)
    state = await chain.payable(order)

    await chain.transfer(state, 10_000)
    await until(lambda: _has_paid(chain, order, 10_000))
    rest = decode(str((await chain.state(order))["qr_payload"]))
    assert (rest.amount_vnd, rest.memo) == (20_000, state["reference"])
    await chain.transfer(state, 25_000)
    await chain.becomes(order, "ticketed")

    waiting = await chain.payments.unit.pool.fetch("SELECT reason, amount_vnd FROM suspended_money")
    assert [tuple(row) for row in waiting] == [("surplus", 5_000)]
    await _books_hold(chain)


async def test_a_paid_order_paid_again_waits_in_suspense(chain: Chain) -> None:
    order = await chain.order(adult=1)
    state = await chain.payable(order)
    await chain.transfer(state, 30_000)
    await chain.becomes(order, "ticketed")

    await chain.transfer(state, 30_000)

    await until(lambda: _waits(chain, "paid_again"))
    await _books_hold(chain)


async def test_late_money_gets_tickets_while_places_last_and_goes_to_suspense_after(chain: Chain) -> None:
    lucky, unlucky = await chain.order(adult=1), await chain.order(adult=1)
    states = [await chain.payable(order) for order in (lucky, unlucky)]
    pool = chain.ticketing.unit.pool
    await pool.execute("UPDATE orders SET hold_until = now(), expires_at = now() - interval '2 minutes'")
    for order in (lucky, unlucky):
        await chain.becomes(order, "expired")

    await chain.transfer(states[0], 30_000)
    await chain.becomes(lucky, "ticketed")
    await pool.execute("UPDATE days SET capacity = sold")
    await chain.transfer(states[1], 30_000)

    await chain.becomes(unlucky, "unfulfilled")
    await until(lambda: _waits(chain, "late_no_places"))
    await _books_hold(chain)


async def test_a_cancelled_order_is_paid_no_more_and_its_part_waits_to_go_back(chain: Chain) -> None:
    order = await chain.order(adult=1)
    state = await chain.payable(order)
    await chain.transfer(state, 10_000)
    await until(lambda: _has_paid(chain, order, 10_000))

    async with chain.visitor as visitor:
        key = {"Idempotency-Key": str(uuid7())}
        await visitor.post(f"/orders/{order['token']}/cancel", headers=key)
    await until(lambda: _waits(chain, "order_cancelled"))
    await chain.transfer(state, 20_000)

    await until(lambda: _is_waiting(chain, [("order_cancelled", 10_000), ("order_cancelled", 20_000)]))
    assert (await chain.state(order))["status"] == "cancelled"
    await _books_hold(chain)


async def test_a_paid_order_that_is_undone_waits_for_its_refund(chain: Chain) -> None:
    order = await chain.order(adult=2)
    await chain.transfer(await chain.payable(order), 60_000)
    await chain.becomes(order, "ticketed")
    tomorrow = (local_date(utc_now()) + timedelta(days=1)).isoformat()
    words = ["undo", "--venue", "cot-co-lung-cu", "--day", tomorrow, "--reason", "a", "test"]

    assert await undo(chain.ticketing, words) == 0

    await until(lambda: _is_waiting(chain, [("order_cancelled", 60_000)]))
    assert (await chain.state(order))["status"] == "undone"
    assert await chain.ticketing.unit.pool.fetchval("SELECT sum(held + sold) FROM days") == 0
    await _books_hold(chain)


async def test_an_order_that_costs_nothing_is_ticketed_at_once(chain: Chain) -> None:
    order = await chain.order(disability_very_severe=2)
    assert order["ticketed"]
    assert order["total_vnd"] == 0


async def test_capacity_is_never_oversold_by_orders_at_once(chain: Chain) -> None:
    await chain.order(adult=1)
    await chain.ticketing.unit.pool.execute("UPDATE days SET capacity = 5")

    async def try_one() -> bool:
        try:
            await chain.order(adult=1)
        except AssertionError:
            return False
        return True

    won = await asyncio.gather(*(try_one() for _ in range(12)))

    assert sum(won) == 4
    row = await chain.ticketing.unit.pool.fetchrow("SELECT held, sold, capacity FROM days")
    assert row is not None
    assert row["held"] + row["sold"] == row["capacity"]


async def _has_paid(chain: Chain, order: Json, amount_vnd: int) -> bool:
    return (await chain.state(order))["paid_vnd"] == amount_vnd


async def _issued(chain: Chain, order: Json) -> int:
    """Tickets of the order, each a row of its own."""
    count: int = await chain.ticketing.unit.pool.fetchval(
        "SELECT count(*) FROM tickets WHERE order_id = $1::text::uuid", order["order_id"]
    )
    return count


async def _waits(chain: Chain, reason: str) -> bool:
    return bool(await chain.payments.unit.pool.fetchval("SELECT true FROM suspended_money WHERE reason = $1", reason))


async def _is_waiting(chain: Chain, wanted: list[tuple[str, int]]) -> bool:
    rows = await chain.payments.unit.pool.fetch("SELECT reason, amount_vnd FROM suspended_money ORDER BY at")
    return [(row["reason"], row["amount_vnd"]) for row in rows] == wanted


async def _books_hold(chain: Chain) -> None:
    assert [finding for finding in await verify_books(chain.payments.unit.pool) if not finding.ok] == []
