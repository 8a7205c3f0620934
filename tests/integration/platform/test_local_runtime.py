"""The one-machine runtime keeps its promises: real parts come up, die, come back with their data, and leave nothing."""

import asyncio

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from tests.support.cluster import Cluster


async def test_an_event_acknowledged_before_kafka_is_killed_is_read_after_its_restart(cluster: Cluster) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("runtime.kill", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=cluster.kafka_bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait("runtime.kill", b"kept")
    await producer.stop()

    cluster.kill_kafka()
    await asyncio.to_thread(cluster.start_kafka)

    consumer = AIOKafkaConsumer("runtime.kill", bootstrap_servers=cluster.kafka_bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        record = await asyncio.wait_for(consumer.getone(), 20)
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


def test_a_database_made_from_a_template_has_its_tables_and_is_its_own(cluster: Cluster) -> None:
    cluster.create_database("runtime_template")
    cluster.postgres.query("CREATE TABLE word (w text); INSERT INTO word VALUES ('a')", "runtime_template")

    cluster.create_database("runtime_copy", template="runtime_template")
    cluster.postgres.query("INSERT INTO word VALUES ('b')", "runtime_copy")

    assert cluster.postgres.query("SELECT count(*) FROM word", "runtime_copy") == "2"
    assert cluster.postgres.query("SELECT count(*) FROM word", "runtime_template") == "1"
    for name in ("runtime_copy", "runtime_template"):
        cluster.drop_database(name)


def test_text_sorts_by_code_point_as_in_the_official_image(cluster: Cluster) -> None:
    provider = "SELECT concat(datlocprovider, ' ', datlocale) FROM pg_database WHERE datname = 'postgres'"

    assert cluster.postgres.query(provider) == "b C.UTF-8"


def test_commits_reach_the_disk(cluster: Cluster) -> None:
    assert cluster.postgres.query("SHOW fsync") == "on"
