"""Parts are killed as a power cut would: what was acknowledged is there afterwards, once, and in its order."""

import asyncio
from functools import partial

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.kafka.connection import connection
from shared.storage.db import AWAY
from tests.support.cluster import Cluster
from tests.support.spine import Spine, assert_in_order, heard_at_least, progress, running, say
from tests.support.waiting import PATIENCE_S, until


def test_commits_reach_the_disk(cluster: Cluster) -> None:
    assert cluster.postgres.query("SHOW fsync") == "on"


async def test_an_event_acknowledged_before_kafka_is_killed_is_read_after_its_restart(cluster: Cluster) -> None:
    admin = AIOKafkaAdminClient(**connection(cluster.kafka_bootstrap))
    await admin.start()
    await admin.create_topics([NewTopic("runtime.kill", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(**connection(cluster.kafka_bootstrap), acks="all", enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("runtime.kill", b"kept")
    await producer.stop()

    cluster.kill_kafka()
    await asyncio.to_thread(cluster.start_kafka)

    consumer = AIOKafkaConsumer("runtime.kill", **connection(cluster.kafka_bootstrap), auto_offset_reset="earliest")
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), PATIENCE_S)
    finally:
        await consumer.stop()
    assert record.value == b"kept"


async def test_a_row_committed_before_postgresql_is_killed_is_there_after_its_restart(cluster: Cluster) -> None:
    cluster.create_database("runtime_kill")
    connection = await asyncpg.connect(cluster.postgres_url("runtime_kill"))
    await connection.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('kept')")

    cluster.kill_postgres()
    cluster.start_postgres()

    assert cluster.postgres.query("SELECT word FROM kept", "runtime_kill") == "kept"
    cluster.drop_database("runtime_kill")


@pytest.mark.chaos
@pytest.mark.slow
async def test_nothing_is_lost_doubled_or_overtaken_when_database_and_broker_are_killed_under_load(
    spine: Spine,
) -> None:
    cluster = spine.cluster
    stop = asyncio.Event()

    async def write(number: int) -> None:
        while not stop.is_set():
            try:
                await say(spine, f"venue-{number}")
                await asyncio.sleep(0.01)
            except AWAY:
                await asyncio.sleep(0.2)

    parts = (spine.speaker.relay(), spine.hearer.consumer())
    async with running(*parts):
        writers = [asyncio.create_task(write(number)) for number in range(8)]
        for kill, start in (
            (cluster.kill_postgres, cluster.start_postgres),
            (cluster.kill_kafka, cluster.start_kafka),
            (cluster.kill_postgres, cluster.start_postgres),
        ):
            before = await progress(spine)
            await until(partial(heard_at_least, spine, before + 100))
            kill()
            await asyncio.sleep(1.0)
            await asyncio.to_thread(start)
        before = await progress(spine)
        await until(lambda: heard_at_least(spine, before + 100))
        stop.set()
        await asyncio.gather(*writers)
        said = {row["venue_id"]: row["version"] for row in await spine.speaker.unit.pool.fetch("SELECT * FROM venue")}
        await until(lambda: heard_at_least(spine, sum(said.values())))
    print(f"{sum(said.values())} events through three kills")
    assert_in_order(await spine.heard(), said)
