"""Whatever lies on the log: no consumer and no worker of any service ends, stops or passes over something unsaid."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from deploy.local.secrets import ensure_secrets
from services.analytics import app as analytics
from services.analytics.stream.rebuild import rebuild
from services.payments import app as payments
from services.ticketing import app as ticketing
from shared.clock import utc_now
from shared.events.payments import CashRecorded, IntentOpened, PaymentSettled
from shared.events.ticketing import OrderPlaced, VenueChanged
from shared.events.topics import BANK_TRANSFERS, PAYMENTS_EVENTS, TICKETING_EVENTS, Topic
from shared.kafka import breaker
from shared.kafka.group_progress import GroupProgress
from shared.process.service import Service
from shared.settings import Settings
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.odd_messages import stranger
from tests.support.odd_records import Odd, odd_records, send_undecodable
from tests.support.scope import IS_LONG, SLICE
from tests.support.topics import own_topics
from tests.support.waiting import PATIENCE_S, until

RECORDS, DEAR_EVERY = (1_000_000, 20_000) if IS_LONG else (1_500, 500)
# Most are put aside in a transaction each; a machine a dozen times slower than ours would still be done.
LIMIT_S = PATIENCE_S + RECORDS * 0.01
READS = {
    "ticketing": [PAYMENTS_EVENTS],
    "payments": [TICKETING_EVENTS, BANK_TRANSFERS],
    "analytics": [TICKETING_EVENTS, PAYMENTS_EVENTS],
}
BUILD = {"ticketing": ticketing.build, "payments": payments.build, "analytics": analytics.build}
# Some of what each cannot do without, by service and topic.
NEEDED = {
    ("ticketing", PAYMENTS_EVENTS): {IntentOpened.TYPE, PaymentSettled.TYPE},
    ("payments", TICKETING_EVENTS): {OrderPlaced.TYPE, VenueChanged.TYPE},
    ("payments", BANK_TRANSFERS): {"bank.sepay_transfer.v1"},
    ("analytics", TICKETING_EVENTS): {PaymentSettled.TYPE, CashRecorded.TYPE, VenueChanged.TYPE},
    ("analytics", PAYMENTS_EVENTS): {PaymentSettled.TYPE, CashRecorded.TYPE, VenueChanged.TYPE},
}
Place = tuple[str, int, int]


@pytest.fixture
async def services(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[dict[str, Service]]:
    """All three, of which only what reads Kafka runs. Pauses have tests of their own."""
    monkeypatch.setattr(breaker, "LIMIT", 10**9)
    ensure_secrets(tmp_path)
    prefix = f"odd{uuid4().hex[:8]}."
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix))
        built: dict[str, Service] = {}
        for name, build in BUILD.items():
            url = await stack.enter_async_context(cluster.database(name, MIGRATIONS[name]))
            environment = {
                f"{name.upper()}_DATABASE_URL": url,
                "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
                "TOPIC_PREFIX": prefix,
                "SECRETS_DIR": str(tmp_path),
            }
            built[name] = await build(Settings.read(name, environment))
            stack.push_async_callback(built[name].unit.pool.close)
        yield built


@pytest.mark.slow
async def test_no_record_ends_or_stops_anything_and_what_is_broken_is_put_aside(
    cluster: Cluster, services: dict[str, Service]
) -> None:
    broken: dict[str, set[Place]] = defaultdict(set)
    undecodable: set[Place] = set()
    written: dict[str, int] = {}
    async with stranger(cluster.kafka_bootstrap) as producer:
        for topic in (TICKETING_EVENTS, PAYMENTS_EVENTS, BANK_TRANSFERS):
            name = services["ticketing"].settings.topic_prefix + topic.name
            places = {(topic.name, 1, offset) for offset in await send_undecodable(producer, name, 1)}
            undecodable |= places
            written[name] = 3 + RECORDS // 3
            records = odd_records(f"{SLICE} {topic.name}", RECORDS // 3, dear_every=DEAR_EVERY)
            async for odd, partition, offset in _send(producer, name, records):
                for reader in _who_needs(topic, odd):
                    broken[reader].add((topic.name, partition, offset))
            for reader, topics in READS.items():
                if topic in topics:
                    broken[reader] |= places
    consumers = [consumer for service in services.values() for consumer in service.consumers()]
    tasks = {asyncio.create_task(consumer.run()): consumer for consumer in consumers}
    for service in services.values():
        await _until_all_is_read(service, written)
    assert not [task for task in tasks if task.done()]
    for service in services.values():
        assert (await service.health.ready())[1]["stopped"] == ""
        rows = await service.unit.pool.fetch("SELECT topic, partition, log_offset FROM put_aside")
        aside = [cast("Place", tuple(row)) for row in rows]
        missing = broken[service.name] - set(aside)
        assert not missing, (service.name, len(missing), sorted(missing)[:5], SLICE)
        assert len(aside) == len(set(aside))
        torn_or_not = "SELECT count(*) FROM put_aside WHERE (reason = 'unreadable') <> (payload IS NULL)"
        assert await service.unit.pool.fetchval(torn_or_not) == 0, "what has no body is known by its place alone"
        # Among a million others no list of the newest shows them; by their place they are found.
        torn = [place for place in sorted(broken[service.name]) if place in undecodable]
        for place in torn:
            [letter] = await service.dead_letters.find("/".join(map(str, place)))
            assert (letter.reason, await service.dead_letters.replay([letter])) == ("unreadable", ["only_in_the_log"])
    counted = services["analytics"]
    aside = await counted.unit.pool.fetchval("SELECT count(*) FROM put_aside")
    await rebuild(counted.settings, lambda _line: None)
    assert await counted.unit.pool.fetchval("SELECT count(*) FROM put_aside WHERE settled_at IS NULL") == aside
    for consumer in tasks.values():
        consumer.stop()
    async with asyncio.timeout(60):
        await asyncio.gather(*tasks)


def _who_needs(topic: Topic, odd: Odd) -> list[str]:
    """Services that must put a broken record of this type aside. A duplicate of an identifier may say nothing new."""
    has_own_id = any(name == "ce_id" and re.fullmatch(b"odd-[0-9]{3,}", value or b"") for name, value in odd.headers)
    if not (odd.is_broken and has_own_id):
        return []
    return [name for name, topics in READS.items() if topic in topics and odd.ce_type in NEEDED[name, topic]]


async def _send(producer: AIOKafkaProducer, topic: str, records: Iterable[Odd]) -> AsyncIterator[tuple[Odd, int, int]]:
    """Each with partition and offset, once it lies there."""
    left = iter(records)
    while some := list(islice(left, 2_000)):
        waits = [
            await producer.send(topic, odd.value, key=odd.key, headers=odd.headers, timestamp_ms=odd.timestamp_ms)
            for odd in some
        ]
        for odd, wait in zip(some, waits, strict=True):
            place = await wait
            yield odd, place.partition, place.offset


async def _until_all_is_read(service: Service, written: Mapping[str, int]) -> None:
    if service.name == "analytics":
        topics = [service.settings.topic_prefix + topic.name for topic in READS["analytics"]]
        await until(partial(_is_counted, service, sum(written[topic] for topic in topics)), LIMIT_S)
        return
    progress = GroupProgress(service.settings, READS[service.name], utc_now)
    try:
        await until(partial(_is_handled, progress), LIMIT_S)
    finally:
        await progress.close()


async def _is_counted(service: Service, written: int) -> bool:
    read: int = await service.unit.pool.fetchval("SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets")
    return read == written


async def _is_handled(progress: GroupProgress) -> bool:
    return await progress.handled_until() is not None
