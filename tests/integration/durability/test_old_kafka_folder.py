"""A data folder from before Kafka knew anybody gets users once, and nothing in it is lost (H5)."""

import asyncio
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.local.kafka import SETTINGS, KafkaBroker
from deploy.local.secrets import ensure_secrets
from shared.events.topics import BANK_TRANSFERS
from shared.kafka.connection import connection, why_refused
from shared.kafka.topics import prepare
from shared.kafka.users import RIGHTS
from shared.settings import KAFKA_ADMIN, kafka_address, kafka_password_file, read_secret
from tests.support.ports import free_ports
from tests.support.waiting import until

_PLACE = TopicPartition(BANK_TRANSFERS.name, 0)


class _Open(KafkaBroker):
    """As it was: whoever reaches it may do anything."""

    def _settings(self, logs: Path) -> str:
        own = SETTINGS.format(port=self.port, controller_port=self._controller_port, logs=logs)
        return own.replace("CLIENTS", "PLAINTEXT")

    def answers(self) -> bool:
        return True


async def test_an_open_folder_gets_users_at_the_next_start_and_keeps_its_records_and_groups(tmp_path: Path) -> None:
    ensure_secrets(tmp_path / "secrets")
    ports = free_ports(2)
    password = read_secret(tmp_path / "secrets", kafka_password_file(KAFKA_ADMIN))
    folder, log, both = tmp_path / "kafka", tmp_path / "kafka.log", (ports[0], ports[1])
    before = _Open(folder, both, password, log=log)
    before.start()
    try:
        await until(lambda: _listens(before.port))
        await _leave_five_records_of_which_two_are_unread(before.hosts)
    finally:
        before.stop()

    now = KafkaBroker(folder, both, password, log=log)
    now.start()
    try:
        await asyncio.to_thread(now.wait_ready)
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": now.hosts,
            "SECRETS_DIR": str(tmp_path / "secrets"),
            "PROFILE": "demo",
        }
        await prepare(environment)
        assert await _unread(kafka_address("payments", environment)) == [b"3", b"4"]
        for user in RIGHTS:
            assert await why_refused(kafka_address(user, environment)) is None

        # A second time nothing changes; a new password counts at once; in production there is no bank and no onlooker.
        (tmp_path / "secrets" / kafka_password_file("payments")).write_text("a new one")
        old = kafka_address("ticketing", environment)
        await prepare(environment | {"PROFILE": "production"})
        assert await why_refused(old) is None
        assert await why_refused(kafka_address("payments", environment)) is None
        assert await why_refused(kafka_address("bank", environment)) is not None
        assert await why_refused(kafka_address("watch", environment)) is not None
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "server.properties").stat().st_mode & 0o777 == 0o600
    finally:
        now.stop()


async def _listens(port: int) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}", request_timeout_ms=3000)
    try:
        await admin.start()
    except (KafkaError, OSError):
        return False
    finally:
        await admin.close()
    return True


async def _leave_five_records_of_which_two_are_unread(hosts: str) -> None:
    """Of an earlier release: no client says who it is."""
    admin = AIOKafkaAdminClient(bootstrap_servers=hosts)
    await admin.start()
    await admin.create_topics([NewTopic(BANK_TRANSFERS.name, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=hosts)
    await producer.start()
    for number in range(5):
        await producer.send_and_wait(BANK_TRANSFERS.name, str(number).encode(), b"key")
    await producer.stop()
    member = AIOKafkaConsumer(bootstrap_servers=hosts, group_id="payments", enable_auto_commit=False)
    await member.start()
    member.assign([_PLACE])
    await member.commit({_PLACE: 3})
    await member.stop()


async def _unread(address: str) -> list[bytes | None]:
    """What the group has still to read."""
    member = AIOKafkaConsumer(BANK_TRANSFERS.name, **connection(address), group_id="payments", group_instance_id="one")
    found: list[bytes | None] = []

    async def are_two() -> bool:
        for records in (await member.getmany(timeout_ms=200)).values():
            found.extend(record.value for record in records)
        return len(found) >= 2

    await member.start()
    try:
        await until(are_two)
    finally:
        await member.stop()
    return found
