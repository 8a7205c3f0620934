"""Kafka and PostgreSQL encrypted by a setting: whoever is vouched for is spoken to, and nobody else (H5)."""

import asyncio
import contextlib
import secrets
import ssl
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.local.kafka import KafkaBroker
from deploy.local.secrets import ensure_secrets
from shared.events.topics import BANK_TRANSFERS
from shared.kafka.connection import why_refused
from shared.kafka.producer import Outgoing, Producer
from shared.kafka.topics import prepare
from shared.settings import KAFKA_ADMIN, Settings, kafka_address, kafka_password_file, read_secret
from shared.storage.db import connect, create_pool
from tests.support.authority import certified, write
from tests.support.cluster import Cluster
from tests.support.ports import free_ports
from tests.support.waiting import until

# PostgreSQL's protocol, SSLRequest: eight bytes, 1234.5679.
_ASKS_FOR_TLS = struct.pack("!IHH", 8, 1234, 5679)


async def test_kafka_is_spoken_with_encrypted_once_the_address_names_who_vouches_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    ensure_secrets(folder)
    ports = free_ports(2)
    password = read_secret(folder, kafka_password_file(KAFKA_ADMIN))
    broker = KafkaBroker(tmp_path / "kafka", (ports[0], ports[1]), password, log=tmp_path / "kafka.log")
    own = certified()
    write(broker.authority, own.authority)
    write(broker.certificate, own.key + own.certificate + own.authority)
    given = {
        "KAFKA_BOOTSTRAP_SERVERS": f"{broker.hosts}?tls_ca={broker.authority}",
        "SECRETS_DIR": str(folder),
        "PROFILE": "demo",
    }
    broker.start()
    try:
        await asyncio.to_thread(broker.wait_ready)
        await prepare(given)
        assert await _can_send(kafka_address("bank", given))

        another = write(tmp_path / "another.pem", certified().authority)
        refused = await why_refused(kafka_address("bank", given | _at(f"{broker.hosts}?tls_ca={another}")))
        assert refused is not None
        assert "tls_ca" in refused
        assert not await _sends_at_once(kafka_address("bank", given | _at(broker.hosts)))
    finally:
        broker.stop()


async def test_a_database_address_with_verify_full_speaks_with_the_vouched_for_alone(
    cluster: Cluster, tmp_path: Path
) -> None:
    own = certified()
    authority, another = (
        write(tmp_path / f"{number}.pem", pem) for number, pem in enumerate((own.authority, certified().authority))
    )
    key = write(tmp_path / "server.pem", own.key + own.certificate)
    async with cluster.database("encrypted") as plain, _encrypting(key, cluster.ports.postgres) as door:
        url = plain.replace(cluster.postgres.address, f"127.0.0.1:{door}")
        given = {"PAYMENTS_DATABASE_URL": f"{url}?sslmode=verify-full&sslrootcert={authority}"}
        address = Settings.read("payments", given).database_url

        pool = await create_pool(address, "encrypted", 1)
        assert await pool.fetchval("SELECT 1") == 1
        await pool.close()
        alone = await connect(address, "encrypted")
        assert await alone.fetchval("SELECT 1") == 1
        await alone.close()

        with pytest.raises(ssl.SSLError):
            await connect(f"{url}?sslmode=verify-full&sslrootcert={another}", "encrypted")
        with pytest.raises(ConnectionError):  # what is not encrypted is not spoken with either
            await connect(f"{plain}?sslmode=verify-full&sslrootcert={authority}", "encrypted")


@asynccontextmanager
async def _encrypting(key: Path, port: int) -> AsyncGenerator[int]:
    """The port of a door that answers as an encrypted PostgreSQL: the one of `./run up` is built without."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(key)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            assert await reader.readexactly(8) == _ASKS_FOR_TLS
            writer.write(b"S")
            await writer.start_tls(context)
            behind, to_server = await asyncio.open_connection("127.0.0.1", port)
            async with asyncio.TaskGroup() as both:
                both.create_task(_pass_on(reader, to_server))
                both.create_task(_pass_on(behind, writer))

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while part := await reader.read(65536):
        writer.write(part)
        await writer.drain()
    writer.close()


def _at(address: str) -> dict[str, str]:
    return {"KAFKA_BOOTSTRAP_SERVERS": address}


async def _can_send(address: str) -> bool:
    await until(lambda: _sends_at_once(address))
    return True


async def _sends_at_once(address: str) -> bool:
    producer = Producer(address)
    try:
        return bool(await producer.send([Outgoing(1, BANK_TRANSFERS.name, secrets.token_hex(4), b"{}", {})]))
    finally:
        await producer.close()
