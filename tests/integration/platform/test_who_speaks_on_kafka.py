"""Each user of Kafka says who it is, may do what its service does, and is refused everything else (H5)."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)

from deploy.local.paths import ROOT
from deploy.local.secrets import ensure_secrets
from services.analytics.stream.log_reader import LogReader
from shared.events.topics import BANK_TRANSFERS, PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.connection import Connection, as_user, connection, why_refused
from shared.kafka.leaving import leave_group
from shared.kafka.patience import stop_within
from shared.kafka.producer import Outgoing, Producer
from shared.kafka.users import RIGHTS
from shared.settings import KAFKA_ADMIN, KAFKA_BANK, Settings, kafka_password_file
from tests.support.cluster import Cluster
from tests.support.ports import free_ports
from tests.support.topics import members_of, own_topics
from tests.support.waiting import PATIENCE_S, until

EVENT_TOPICS = {TICKETING_EVENTS.name, PAYMENTS_EVENTS.name, BANK_TRANSFERS.name}
WRITES = {
    "ticketing": {"ticketing.events"},
    "payments": {"payments.events", "bank.transfers"},
    "bank": {"bank.transfers"},
}
READS = {
    "ticketing": {"payments.events"},
    "payments": {"ticketing.events", "bank.transfers"},
    "analytics": {"ticketing.events", "payments.events"},
    "watch": EVENT_TOPICS,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prefix(cluster: Cluster) -> AsyncIterator[str]:
    """Topics with this prefix, and every user with its rights on them."""
    name = f"who{secrets.token_hex(4)}."
    async with own_topics(cluster.kafka_bootstrap, name):
        await cluster.make_kafka_users(name)
        yield name


@pytest.mark.parametrize("user", RIGHTS)
async def test_a_user_writes_where_its_service_speaks_and_nowhere_else(
    cluster: Cluster, prefix: str, user: str
) -> None:
    allowed = WRITES.get(user, set())
    address = cluster.as_kafka_user(user)

    async def has_its_rights() -> bool:
        # A grant counts some moments after it was answered.
        return await _written(address, prefix, allowed) == allowed

    await until(has_its_rights)
    assert await _written(address, prefix, EVENT_TOPICS) == allowed


@pytest.mark.parametrize("user", RIGHTS)
async def test_a_user_reads_what_its_service_hears_and_nothing_else(cluster: Cluster, prefix: str, user: str) -> None:
    assert await _readable(connection(cluster.as_kafka_user(user)), prefix) == READS.get(user, set())


async def test_a_service_may_not_join_anothers_group(cluster: Cluster, prefix: str) -> None:
    intruder = AIOKafkaConsumer(
        f"{prefix}payments.events", group_id=f"{prefix}payments", **connection(cluster.as_kafka_user("ticketing"))
    )
    with pytest.raises(GroupAuthorizationFailedError):
        await intruder.start()
    await intruder.stop()


async def test_a_service_may_leave_its_own_group_and_no_other(cluster: Cluster, prefix: str) -> None:
    group = f"{prefix}payments"
    own = connection(cluster.as_kafka_user("payments"))
    member = AIOKafkaConsumer(f"{prefix}ticketing.events", group_id=group, group_instance_id="one", **own)
    await member.start()
    await stop_within(member, 5)
    await leave_group(cluster.as_kafka_user("ticketing"), group, "one")
    assert len(await members_of(cluster.kafka_bootstrap, group)) == 1
    await leave_group(cluster.as_kafka_user("payments"), group, "one")
    assert await members_of(cluster.kafka_bootstrap, group) == []


async def test_a_services_producer_survives_a_refusal_and_acknowledges_nothing(cluster: Cluster, prefix: str) -> None:
    producer = Producer(cluster.as_kafka_user("ticketing"))
    forged = Outgoing(1, f"{prefix}payments.events", "key", b"{}", {})
    rightful = Outgoing(2, f"{prefix}ticketing.events", "key", b"{}", {})
    try:
        assert await producer.send([forged]) == []

        async def is_sent() -> bool:
            return await producer.send([rightful]) == [2]

        await until(is_sent)
    finally:
        await producer.close()


@pytest.mark.parametrize("password", ["wrong", ""])
async def test_nobody_is_let_in_by_a_wrong_password_or_none(cluster: Cluster, prefix: str, password: str) -> None:
    for user in (KAFKA_ADMIN, *RIGHTS):
        refused = await why_refused(as_user(cluster.kafka.hosts, user, password))
        assert refused is not None
        assert f"{user}-kafka-password in SECRETS_DIR" in refused
        assert "\n" not in refused
        assert await why_refused(cluster.as_kafka_user(user)) is None


async def test_nobody_is_let_in_who_does_not_say_who_it_is(cluster: Cluster) -> None:
    stranger = AIOKafkaProducer(bootstrap_servers=cluster.kafka.hosts, request_timeout_ms=2_000)
    with pytest.raises(KafkaConnectionError):
        await stranger.start()
    await stranger.stop()


async def test_analytics_says_so_when_it_may_not_read_a_topic(cluster: Cluster, prefix: str) -> None:
    # aiokafka's consumer itself would raise nothing, read nothing and ask the broker hundreds of times a second.
    settings = Settings.read(
        "analytics",
        {
            "ANALYTICS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
            "KAFKA_BOOTSTRAP_SERVERS": cluster.as_kafka_user(KAFKA_BANK),
            "TOPIC_PREFIX": prefix,
        },
    )
    reader = LogReader(settings)
    try:
        with pytest.raises(TopicAuthorizationFailedError):
            await reader.start()
    finally:
        await reader.stop()


def test_preparation_ends_with_one_line_when_the_administrators_password_is_wrong(
    cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / kafka_password_file(KAFKA_ADMIN)).write_text("wrong")
    ensure_secrets(tmp_path)

    done = _command(cluster, tmp_path, "shared.kafka.topics", "create")

    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "refuses the password of its user 'admin' (admin-kafka-password in SECRETS_DIR" in line


async def test_a_command_with_a_wrong_password_names_it(cluster: Cluster, tmp_path: Path) -> None:
    cluster.keep_kafka_passwords(tmp_path)
    (tmp_path / kafka_password_file("analytics")).write_text("wrong")
    ensure_secrets(tmp_path)
    async with cluster.database("refused", ROOT / "services/analytics/migrations") as url:
        done = _command(cluster, tmp_path, "services.analytics", "rebuild", ANALYTICS_DATABASE_URL=url)

    assert done.returncode == 3
    assert "refuses the password of its user 'analytics'" in done.stderr


async def test_a_service_with_a_wrong_password_says_so_once_and_serves_on(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / kafka_password_file("payments")).write_text("wrong")
    ensure_secrets(tmp_path)
    [port] = free_ports(1)
    async with cluster.database("refused", ROOT / "services/payments/migrations") as url:
        given = {"PAYMENTS_DATABASE_URL": url, "PAYMENTS_PORT": str(port), "LOG_LEVEL": "ERROR"}
        process = _start(cluster, tmp_path, "services.payments", "run", **given)
        try:
            assert process.stdout is not None
            line = json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)
    assert line["event"] == "kafka_refused"
    assert "payments-kafka-password in SECRETS_DIR" in line["detail"]


async def _written(address: str, prefix: str, topics: set[str]) -> set[str]:
    """Those of the topics that take a record by this user."""
    taken: set[str] = set()
    for topic in topics:
        producer = AIOKafkaProducer(**connection(address), request_timeout_ms=5_000)
        await producer.start()
        try:
            await producer.send_and_wait(prefix + topic, b"{}", b"key")
            taken.add(topic)
        except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError):
            pass
        finally:
            await producer.stop()
    return taken


async def _readable(keywords: Connection, prefix: str) -> set[str]:
    readable: set[str] = set()
    for topic in EVENT_TOPICS:
        consumer = AIOKafkaConsumer(prefix + topic, **keywords, auto_offset_reset="earliest")
        try:
            await consumer.start()
            await consumer.getmany(timeout_ms=100)
            readable.add(topic)
        except TopicAuthorizationFailedError:
            pass
        finally:
            await consumer.stop()
    return readable


def _environment(cluster: Cluster, folder: Path) -> dict[str, str]:
    return {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka.hosts, "SECRETS_DIR": str(folder)}


def _start(cluster: Cluster, folder: Path, module: str, *words: str, **given: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        env=_environment(cluster, folder) | given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _command(
    cluster: Cluster, folder: Path, module: str, *words: str, **given: str
) -> subprocess.CompletedProcess[str]:
    process = _start(cluster, folder, module, *words, **given)
    said, complained = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(process.args, process.returncode, said, complained)
