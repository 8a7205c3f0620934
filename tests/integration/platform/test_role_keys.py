"""Each role alone, as a process with the secrets that its container is given: it needs all of them and no others."""

import os
import secrets
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.secrets import ensure_secrets
from shared.kafka.connection import hosts_of
from shared.settings import PORTS
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.compose import given, roles
from tests.support.forks import fork, wait_for
from tests.support.ports import free_ports
from tests.support.topics import own_topics
from tests.support.waiting import until

KEYS = [(container, name) for container in roles() for name in sorted(given()[container]) if name.endswith(".pem")]


@dataclass(slots=True)
class Stores:
    """Where the stores are, and a folder for secrets."""

    cluster: Cluster
    prefix: str
    folder: Path

    def secrets_of(self, container: str) -> Path:
        """Those that the container is given, and nothing else."""
        self.cluster.keep_kafka_passwords(self.folder)
        ensure_secrets(self.folder)
        for file in self.folder.iterdir():
            if file.name not in given()[container]:
                file.unlink()
        return self.folder

    def environment(self, service: str, database: str) -> dict[str, str]:
        return {
            f"{service.upper()}_DATABASE_URL": database,
            "KAFKA_BOOTSTRAP_SERVERS": hosts_of(self.cluster.kafka_bootstrap),
            "TOPIC_PREFIX": self.prefix,
            "SECRETS_DIR": str(self.folder),
            "INSTANCE_ID": self.prefix,
            "PROFILE": "production",
            "PATH": os.environ["PATH"],
        }


@pytest.fixture
async def stores(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Stores]:
    prefix = f"keys{secrets.token_hex(4)}."
    async with own_topics(cluster.kafka_bootstrap, prefix):
        await cluster.make_kafka_users(prefix)
        yield Stores(cluster, prefix, tmp_path / "secrets")


@pytest.mark.slow
@pytest.mark.parametrize("container", roles())
async def test_a_role_does_its_work_with_the_secrets_of_its_container_alone(
    stores: Stores, container: str, tmp_path: Path
) -> None:
    service, role = roles()[container]
    stores.secrets_of(container)
    [port] = free_ports(1)
    said = tmp_path / "said"
    async with stores.cluster.database(service, MIGRATIONS[service]) as database:
        environment = stores.environment(service, database) | {PORTS[service].name: str(port)}
        process = fork(f"services.{service}", role, env=environment, output=said)

        async def works() -> bool:
            assert process.is_alive(), said.read_text()
            told = await health(port)
            # Who consumes has asked Kafka, which knows it by its password.
            return told.get("ready") is True and (role != "consume" or told["last_poll_age_s"] is not None)

        await until(works)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGTERM)
        assert wait_for(process) == 0
    assert "kafka_refused" not in said.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(("container", "key"), KEYS)
async def test_a_role_without_its_key_says_so_and_does_not_start(
    stores: Stores, container: str, key: str, tmp_path: Path
) -> None:
    service, role = roles()[container]
    (stores.secrets_of(container) / key).unlink()
    said = tmp_path / "said"
    async with stores.cluster.database(service, MIGRATIONS[service]) as database:
        environment = stores.environment(service, database) | {PORTS[service].name: "0"}
        assert wait_for(fork(f"services.{service}", role, env=environment, output=said)) == 2
    assert f"{stores.folder} holds no {key.partition('.')[0].removesuffix('-1')}" in said.read_text()


async def health(port: int) -> dict[str, object]:
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            answer: dict[str, object] = (await client.get(f"http://127.0.0.1:{port}/health/ready")).json()
        except httpx.TransportError:
            return {}
        return answer
