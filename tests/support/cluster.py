"""PostgreSQL and Kafka together, as tests want them: a database at a time, killed and started again."""

from pathlib import Path

from deploy.local.kafka import KafkaBroker
from deploy.local.kafka_jars import kafka_jars
from deploy.local.postgres import PostgresServer
from deploy.local.settings import Ports

OWNER = "tester"  # of the tests' databases


class Cluster:
    """A PostgreSQL server and a Kafka broker that keep their data in one folder."""

    def __init__(self, folder: Path, ports: Ports, postgres_password: str, *, survives_us: bool = False) -> None:
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
            kafka_jars(),
            log=folder / "log" / "kafka.log",
            survives_us=survives_us,
        )

        self.password = postgres_password

    @property
    def kafka_bootstrap(self) -> str:
        """Value for KAFKA_BOOTSTRAP_SERVERS."""
        return self.kafka.bootstrap

    def postgres_url(self, database: str) -> str:
        """Address of a database, for asyncpg and for `*_DATABASE_URL`."""
        return f"postgresql://{OWNER}:{self.password}@{self.postgres.address}/{database}"

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
