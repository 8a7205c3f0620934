"""An earlier release as it left everything: its databases, made again for each test, and its log in our own topics."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.secrets import ensure_secrets
from services.analytics import app as analytics
from services.payments import app as payments
from services.ticketing import app as ticketing
from shared.events.topics import ALL as TOPICS
from shared.events.topics import FOREVER_MS
from shared.kafka.connection import connection
from shared.kafka.topics import create as create_topics
from shared.process.service import Service
from shared.settings import SERVICES, Settings
from shared.storage import migrate
from shared.storage.db import Pool, connect
from tests.support.cluster import Cluster
from tests.support.release_files import LogRecord, dump_file, read_log, restore
from tests.support.topics import until_told_of

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDERS = sorted(FIXTURES.glob("release-*"))
ORIGIN = "https://doors.test"
_KEPT_FOR_EVER = {topic.name for topic in TOPICS if topic.retention_ms == FOREVER_MS}
APPS = {"ticketing": ticketing, "payments": payments, "analytics": analytics}
# An event without an id is known to analytics by its place, with the topic as Kafka calls it.
_RENAME = ("UPDATE offsets SET topic = $1 || topic",)


@dataclass(frozen=True, slots=True)
class EarlierRelease:
    """`prefix` is that of its log; `secrets` are new ones, since nobody keeps another's keys."""

    folder: Path
    cluster: Cluster
    prefix: str
    secrets: Path
    log: Sequence[LogRecord]

    def template(self, service: str) -> str:
        """The name of a service's database as the release left it."""
        return f"{self.prefix[:-1]}_{service}"

    def settings(self, service: str, database: str, prefix: str | None = None) -> Settings:
        environment = {
            f"{service.upper()}_DATABASE_URL": self.cluster.postgres_url(database),
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.kafka_bootstrap,
            "TOPIC_PREFIX": self.prefix if prefix is None else prefix,
            "SECRETS_DIR": str(self.secrets),
            "INSTANCE_ID": database,
        }
        return Settings.read(service, environment)

    @asynccontextmanager
    async def upgraded(self, service: str, prefix: str | None = None) -> AsyncGenerator[Service]:
        """The service as we build it today, on the database of then after our migrations. Nothing runs."""
        database = f"up_{service}_{uuid4().hex[:8]}"
        self.cluster.create_database(database, self.template(service))
        async with AsyncExitStack() as stack:
            stack.callback(self.cluster.drop_database, database)
            settings = self.settings(service, database, prefix)
            built = await APPS[service].build(settings)
            stack.push_async_callback(built.unit.pool.close)
            for close in built.closers:
                stack.push_async_callback(close)
            await migrate.migrate(settings.database_url, built.migrations)
            yield built


@contextmanager
def left_by(folder: Path, cluster: Cluster, secrets: Path) -> Generator[EarlierRelease]:
    """Everything that lies in a release's folder, put where it was."""
    ensure_secrets(secrets)
    release = EarlierRelease(folder, cluster, f"r{uuid4().hex[:8]}.", secrets, read_log(folder))
    try:
        for service in SERVICES:
            cluster.create_database(release.template(service))
            restore(dump_file(folder, service), cluster.postgres_url(release.template(service)))
        asyncio.run(_put_log(release))
        yield release
    finally:
        for service in SERVICES:
            cluster.drop_database(release.template(service))


async def _put_log(release: EarlierRelease) -> None:
    """Every record at its old place in the log."""
    await create_topics(release.cluster.kafka_bootstrap, release.prefix)
    await _make_gone_topics(release)
    kafka = AIOKafkaProducer(
        **connection(release.cluster.kafka_bootstrap), acks="all", enable_idempotence=True, linger_ms=5
    )
    await kafka.start()
    try:
        waits = [
            await kafka.send(
                release.prefix + record.topic,
                value=record.body,
                key=None if record.key is None else record.key.encode(),
                partition=record.partition,
                # Kafka drops what is older than a topic keeps, and these were written long ago.
                timestamp_ms=record.timestamp_ms if record.topic in _KEPT_FOR_EVER else None,
                headers=[(name, value.encode()) for name, value in record.headers],
            )
            for record in release.log
        ]
        places = [(await wait).offset for wait in waits]
    finally:
        await kafka.stop()
    assert places == [record.offset for record in release.log], "a place in the log is part of what was left"
    await _rename_topics(release)


async def _make_gone_topics(release: EarlierRelease) -> None:
    """Those that a release had and we do not."""
    ours = {topic.name for topic in TOPICS}
    gone = sorted({record.topic for record in release.log} - ours)
    admin = AIOKafkaAdminClient(**connection(release.cluster.kafka_bootstrap))
    await admin.start()
    await admin.create_topics([NewTopic(release.prefix + name, 1, 1) for name in gone])
    await admin.close()
    await until_told_of(release.cluster.kafka_bootstrap, [release.prefix + name for name in gone])


async def _rename_topics(release: EarlierRelease) -> None:
    """Topics have a prefix here and had none there, which analytics' tables know."""
    connection = await connect(release.cluster.postgres_url(release.template("analytics")), "rename")
    try:
        for statement in _RENAME:
            await connection.execute(statement, release.prefix)
        # There the cluster stays the same; here another one has its place.
        await connection.execute("DELETE FROM kafka_cluster")
    finally:
        await connection.close()


@asynccontextmanager
async def browser_of(service: Service) -> AsyncGenerator[httpx.AsyncClient]:
    """Asks the service's doors without a socket, once it has read its catalogue and whose passes are revoked."""
    assert service.api is not None
    tasks = [asyncio.ensure_future(work()) for work in (*service.background, *service.beside_pages)]
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(service.api()), base_url=ORIGIN) as client:
            yield client
    finally:
        for task in tasks:
            task.cancel()


async def contents(pool: Pool) -> dict[str, list[str]]:
    """Every row of every table, in one order."""
    names = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    tables = [str(row["tablename"]) for row in names]
    return {table: sorted(map(repr, await pool.fetch(f"SELECT * FROM {table}"))) for table in tables}
