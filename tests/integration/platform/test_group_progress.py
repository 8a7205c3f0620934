"""What a consumer group has handled, asked from a process that is no member of it; on it hangs that orders expire."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.secrets import ensure_secrets
from services.ticketing import app
from services.ticketing.sales.store.orders import stored_link
from shared.clock import local_date, utc_now
from shared.events import topics
from shared.ids import uuid7
from shared.kafka.connection import connection
from shared.kafka.consumer import Consumer
from shared.kafka.group_progress import GroupProgress
from shared.kafka.message import Message
from shared.kafka.relay import Timer
from shared.process.service import Service
from shared.settings import Settings
from shared.unit.tx import name_of
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.spine import Only, Spine, change_venue, running
from tests.support.topics import own_topics
from tests.support.waiting import until

SPOKEN = (topics.TICKETING_EVENTS, topics.PAYMENTS_EVENTS)


@pytest.fixture
async def progress(spine: Spine) -> AsyncIterator[GroupProgress]:
    progress = GroupProgress(spine.hearer.settings, [topics.TICKETING_EVENTS], utc_now)
    yield progress
    await progress.close()


async def test_what_was_said_before_an_instant_is_known_once_it_is_handled(
    spine: Spine, progress: GroupProgress
) -> None:
    await _say(spine)
    said_at = utc_now()
    assert await progress.handled_until() is None

    async def is_handled() -> bool:
        until_at = await progress.handled_until()
        return until_at is not None and until_at >= said_at

    async with running(spine.hearer.consumer()):
        await until(is_handled)
    # Its members may be gone: what counts is that nothing is left for them.
    assert await spine.heard() == [("lung-cu", 1)]
    before = utc_now()
    handled_until = await progress.handled_until()
    assert handled_until is not None
    assert handled_until >= before


async def test_a_group_that_is_never_wholly_caught_up_moves_on_all_the_same(
    spine: Spine, progress: GroupProgress
) -> None:
    await _say(spine)
    assert await progress.handled_until() is None
    async with running(spine.hearer.consumer()):
        await until(lambda: _has_heard(spine, 1))
    await _say(spine)
    first_left_at = utc_now()

    handled_until = await progress.handled_until()

    assert handled_until is not None
    assert handled_until < first_left_at
    assert await progress.handled_until() == handled_until


async def test_an_event_that_cannot_be_handled_yet_keeps_the_group_behind(
    spine: Spine, progress: GroupProgress
) -> None:
    await _say(spine)
    tried: list[bytes] = []

    async def database_is_away(message: Message) -> None:
        tried.append(message.key)
        raise OSError("away")

    async def is_tried_again() -> bool:
        return len(tried) > 1

    async with running(spine.hearer.consumer(Only(database_is_away))):
        await until(is_tried_again)
        assert await progress.handled_until() is None


async def test_nothing_is_known_while_kafka_is_away(spine: Spine) -> None:
    settings = replace(spine.hearer.settings, kafka_bootstrap="127.0.0.1:1")
    progress = GroupProgress(settings, [topics.TICKETING_EVENTS], utc_now)
    assert await progress.handled_until() is None


async def test_a_process_that_only_relays_expires_orders_once_payments_events_are_heard(
    cluster: Cluster, tmp_path: Path
) -> None:
    ensure_secrets(tmp_path)
    prefix, database = f"expiry{secrets.token_hex(4)}.", cluster.database("expiry", MIGRATIONS["ticketing"])
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix, SPOKEN))
        settings = replace(
            Settings.read("ticketing", {"TICKETING_DATABASE_URL": await stack.enter_async_context(database)}),
            kafka_bootstrap=cluster.kafka_bootstrap,
            topic_prefix=prefix,
            secrets_dir=tmp_path,
        )
        relaying, consuming = [await stack.enter_async_context(built(settings)) for _ in range(2)]
        token = await _overdue_order(relaying)
        await _say_something(settings, topics.PAYMENTS_EVENTS.name)
        expire = next(timer for timer in _timers(relaying) if name_of(timer.action) == "expire")

        await expire.action()
        assert await _status(relaying, token) == "placed"

        async def is_expired() -> bool:
            await expire.action()
            return await _status(relaying, token) == "expired"

        async with running(*(part for part in consuming.consumers() if isinstance(part, Consumer))):
            await until(is_expired)


@asynccontextmanager
async def built(settings: Settings) -> AsyncGenerator[Service]:
    """Ticketing as one process has it; neither its consumer nor its relay runs."""
    service = await app.build(settings)
    assert service.seed is not None
    await service.seed()
    background = [asyncio.ensure_future(work()) for work in (*service.background, *service.beside_pages)]
    try:
        yield service
    finally:
        for task in background:
            task.cancel()
        for close in service.closers:
            await close()
        await service.unit.pool.close()


def _timers(service: Service) -> list[Timer]:
    assert service.relay is not None
    return list(service.relay.timers)


async def _overdue_order(service: Service) -> str:
    """The link of an order whose hold is over."""
    assert service.api is not None
    order_id = str(uuid7())
    body = {
        "order_id": order_id,
        "product_id": "cot-co-lung-cu-entry",
        # Tomorrow: for today the tower stops selling when it closes.
        "visit_on": (local_date(utc_now()) + timedelta(days=1)).isoformat(),
        "counts": {"adult": 1},
    }
    answers: list[httpx.Response] = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.api()), base_url="http://localhost", headers={"Idempotency-Key": order_id}
    ) as visitor:

        async def is_placed() -> bool:
            answers.append(await visitor.post("/api/orders", json=body))
            assert answers[-1].status_code in {201, 503}, answers[-1].text
            return answers[-1].status_code == 201

        await until(is_placed)
    await service.unit.pool.execute("UPDATE orders SET hold_until = now(), expires_at = now() - interval '2 minutes'")
    return str(answers[-1].json()["token"])


async def _status(service: Service, token: str) -> str:
    return str(await service.unit.pool.fetchval("SELECT status FROM orders WHERE token = $1", stored_link(token)))


async def _say_something(settings: Settings, topic: str) -> None:
    bank = AIOKafkaProducer(**connection(settings.kafka_bootstrap))
    await bank.start()
    try:
        await bank.send_and_wait(settings.topic_prefix + topic, b"{}", b"key", headers=[("ce_type", b"x.y.v1")])
    finally:
        await bank.stop()


async def _say(spine: Spine) -> None:
    """An event that is in Kafka, and not handled."""
    await spine.speaker.unit.run(change_venue, "lung-cu")
    async with running(spine.speaker.relay()):
        await until(lambda: _is_sent(spine))


async def _has_heard(spine: Spine, count: int) -> bool:
    return len(await spine.heard()) >= count


async def _is_sent(spine: Spine) -> bool:
    return await spine.unsent(spine.speaker) == 0
