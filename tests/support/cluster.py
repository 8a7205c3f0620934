"""PostgreSQL and Kafka together, as tests want them: a database at a time, killed and started again."""

import hashlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from deploy.databases import SUPERUSER
from deploy.local.kafka import KafkaBroker
from deploy.local.paths import ROOT
from deploy.local.postgres import PostgresServer
from deploy.local.settings import Ports
from shared.kafka.users import RIGHTS, ensure_users
from shared.settings import KAFKA_ADMIN, SERVICES, kafka_password_file
from shared.storage import migrate
from shared.storage.db import DirectConnection, connect

MIGRATIONS = {name: ROOT / "services" / name / "migrations" for name in SERVICES}
OWNER = "tester"  # of the tests' databases
NO_SERVICE = Path("/nonexistent")  # whose migrations are the platform's alone
Furnish = Callable[[str], Coroutine[None, None, None]]  # puts something into the database at an address
_TEMPLATES = 0x74656D70  # "temp": one process at a time makes a template


class Cluster:
    """A PostgreSQL server and a Kafka broker that keep their data in one folder."""

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        postgres_password: str,
        kafka_password: str | None = None,
        *,
        survives_us: bool = False,
    ) -> None:
        """`kafka_password` is the administrator's; the same as PostgreSQL's where nobody cares."""
        self.folder, self.ports = folder, ports
        self.postgres = PostgresServer(
            folder / "postgres",
            ports.postgres,
            postgres_password,
            log=folder / "log" / "postgres.log",
            survives_us=survives_us,
        )
        self.kafka = KafkaBroker(
            folder / "kafka",
            (ports.kafka, ports.kafka_controller),
            kafka_password or postgres_password,
            log=folder / "log" / "kafka.log",
            survives_us=survives_us,
        )

        self.password = postgres_password
        self.kafka_password = kafka_password or postgres_password
        self._furnished: dict[tuple[str, str], str] = {}

    @property
    def kafka_bootstrap(self) -> str:
        """Value for KAFKA_BOOTSTRAP_SERVERS, the administrator's; `as_kafka_user` is for who may do less."""
        return self.as_kafka_user(KAFKA_ADMIN)

    def as_kafka_user(self, user: str) -> str:
        """The same of another user, once `make_kafka_users` made them."""
        return self.kafka.address(user, self.kafka_password)

    async def make_kafka_users(self, prefix: str) -> None:
        """Every user of ours, with the rights on what has this prefix."""
        await ensure_users(self.kafka_bootstrap, dict.fromkeys(RIGHTS, self.kafka_password), prefix)

    def keep_kafka_passwords(self, secrets: Path) -> None:
        """Put this cluster's passwords where a system of its own would make new ones."""
        secrets.mkdir(parents=True, exist_ok=True)
        for user in (KAFKA_ADMIN, *RIGHTS):
            (secrets / kafka_password_file(user)).write_text(self.kafka_password, encoding="utf-8")

    def postgres_url(self, database: str) -> str:
        """Address of a database, for asyncpg and for `*_DATABASE_URL`."""
        return f"postgresql://{OWNER}:{self.password}@{self.postgres.address}/{database}"

    @asynccontextmanager
    async def database(
        self, name: str, migrations: Path = NO_SERVICE, furnish: Furnish | None = None
    ) -> AsyncGenerator[str]:
        """Address of a migrated database of this name and some more letters, gone afterwards with whoever is in it.

        What `furnish` puts in is copied too: it runs once for all tests that name it.
        """
        name = f"{name}_{uuid4().hex[:8]}"
        async with self._as_superuser() as server:
            template = await self._template(server, migrations)
            if furnish is not None:
                template = await self._furnished_template(server, template, furnish)
            # Copying files is the cheaper way where nobody waits for the disk.
            copy = f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}" STRATEGY file_copy'
            await server.execute(copy)
        try:
            yield self.postgres_url(name)
        finally:
            async with self._as_superuser() as server:
                await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def _template(self, server: DirectConnection, migrations: Path) -> str:
        """Name of the database on which these migrations ran, made by the first that asks."""
        digest = hashlib.sha256("".join(one.checksum for one in migrate.read(migrations)).encode()).hexdigest()
        name = f"template_{digest[:16]}"
        half = f"{name}_half"
        await server.execute("SELECT pg_advisory_lock($1)", _TEMPLATES)
        if not await server.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            await server.execute(f'DROP DATABASE IF EXISTS "{half}" WITH (FORCE)')
            await server.execute(f'CREATE DATABASE "{half}" OWNER {OWNER}')
            await migrate.migrate(self.postgres_url(half), migrations)
            await server.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
        await server.execute("SELECT pg_advisory_unlock($1)", _TEMPLATES)
        return name

    async def _furnished_template(self, server: DirectConnection, template: str, furnish: Furnish) -> str:
        """Name of the copy of a template in which something stands already; this process' own."""
        key = (template, f"{furnish.__module__}.{furnish.__qualname__}")
        if key not in self._furnished:
            name = f"furnished_{uuid4().hex[:8]}"
            await server.execute(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}" STRATEGY file_copy')
            await furnish(self.postgres_url(name))
            self._furnished[key] = name
        return self._furnished[key]

    @asynccontextmanager
    async def _as_superuser(self) -> AsyncGenerator[DirectConnection]:
        address = f"postgresql://{SUPERUSER}:{self.password}@{self.postgres.address}/{SUPERUSER}"
        connection = await connect(address, "databases of the tests")
        try:
            yield connection
        finally:
            await connection.close()

    def drop_furnished(self) -> None:
        """Remove the templates that only this process knows."""
        for name in self._furnished.values():
            self.drop_database(name)
        self._furnished.clear()

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database, empty or as a copy of `template`, which nobody may be connected to."""
        self.postgres.create_database(name, OWNER, template)

    def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        self.postgres.drop_database(name)

    def start(self) -> None:
        """Start both side by side and return when both answer."""
        self.kafka.start()
        self.postgres.start()
        self.postgres.wait_ready()
        self.ensure_owner()
        self.kafka.wait_ready()

    def stop(self) -> None:
        """Stop both in good order."""
        self.kafka.stop()
        self.postgres.stop()

    def ensure_owner(self) -> None:
        """Have the role that owns the tests' databases. It may do no more than a service's, so that tests notice."""
        if OWNER not in self.postgres.query("SELECT rolname FROM pg_roles").splitlines():
            self.postgres.query(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{self.password}'")

    def forget_power_cuts(self) -> None:
        """Wait for the disk no more. Whoever is killed still keeps all it has said; only a power cut loses some."""
        for setting in ("fsync", "full_page_writes"):
            self.postgres.query(f"ALTER SYSTEM SET {setting} = off")
        self.postgres.query("SELECT pg_reload_conf()")

    def start_postgres(self) -> None:
        """Start PostgreSQL again, on the data it had, and return when it answers."""
        self.postgres.start()
        self.postgres.wait_ready()

    def kill_postgres(self) -> None:
        """`kill -9` PostgreSQL."""
        self.postgres.kill()

    def start_kafka(self) -> None:
        """Start Kafka again, on the data it had, and return when it answers."""
        self.kafka.start()
        self.kafka.wait_ready()

    def kill_kafka(self) -> None:
        """`kill -9` Kafka."""
        self.kafka.kill()
