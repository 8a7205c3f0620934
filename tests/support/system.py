"""The whole of Một Chạm as processes on the test cluster: three services and the bank behind the one door."""

import json
import os
import secrets
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from aiokafka import AIOKafkaProducer

from deploy.local.members import Member, members_of, upstreams
from deploy.local.process import DidNotHappen, wait_until
from deploy.local.secrets import ensure_secrets
from shared.clock import ZONE, utc_now
from shared.events import topics
from shared.ids import uuid7
from shared.kafka.connection import connection
from shared.storage.db import connect
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.door import DOOR, door
from tests.support.forks import end, fork, wait_for
from tests.support.ports import free_ports
from tests.support.real_system import ALWAYS_OPEN
from tests.support.topics import own_topics
from tests.support.waiting import PATIENCE_S

SERVICES = ("ticketing", "payments", "analytics")
BANK = "simulator"


@dataclass(slots=True)
class System:
    """apart: every role of a service is a process of its own, two of each. ports: by the process' name."""

    cluster: Cluster
    folder: Path
    apart: bool = False
    name: str = field(default_factory=lambda: f"e2e_{secrets.token_hex(4)}")
    ports: dict[str, int] = field(default_factory=dict[str, int])
    databases: dict[str, str] = field(default_factory=dict[str, str])
    processes: dict[str, ForkServerProcess] = field(default_factory=dict[str, ForkServerProcess])

    @property
    def origin(self) -> str:
        """The one address that people open."""
        return f"http://localhost:{self.ports[DOOR]}"

    @property
    def members(self) -> list[Member]:
        return [member for service in SERVICES for member in members_of(service, apart=self.apart)]

    @property
    def secrets(self) -> Path:
        return self.folder

    def origin_of(self, process: str) -> str:
        """Of one process, past the door."""
        return f"http://127.0.0.1:{self.ports[process]}"

    @property
    def environment(self) -> dict[str, str]:
        databases = {f"{one.upper()}_DATABASE_URL": url for one, url in self.databases.items()}
        return {
            **databases,
            f"{BANK.upper()}_PORT": str(self.ports[BANK]),
            "PUBLIC_ORIGIN": self.origin,
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.kafka.hosts,
            "TOPIC_PREFIX": f"{self.name}.",
            "SECRETS_DIR": str(self.folder),
            "PROFILE": "demo",
            "DEMO_SIGN_INS": str(self.folder / "sign-ins.txt"),
            "LOG_LEVEL": "WARNING",
        }

    def database_url(self, service: str) -> str:
        return self.databases[service]

    async def start(self, stack: AsyncExitStack) -> None:
        """Everything up; the stack ends it and takes its topics and databases away."""
        self.cluster.keep_kafka_passwords(self.folder)
        ensure_secrets(self.folder)
        await stack.enter_async_context(own_topics(self.cluster.kafka_bootstrap, f"{self.name}."))
        await self.cluster.make_kafka_users(f"{self.name}.")
        parts = [*(member.name for member in self.members), BANK, DOOR]
        self.ports |= zip(parts, free_ports(len(parts)), strict=True)
        for service in SERVICES:
            database = self.cluster.database(f"{self.name}_{service}", MIGRATIONS[service])
            self.databases[service] = await stack.enter_async_context(database)
        seeding = [self._run(f"services.{service}", "seed") for service in SERVICES]
        assert [wait_for(process) for process in seeding] == [0] * len(SERVICES)
        ticketing = await connect(self.databases["ticketing"], "system")
        await ticketing.execute(ALWAYS_OPEN)
        await ticketing.close()
        found = upstreams({member: self.ports[member.name] for member in self.members})
        front = door(self.folder / DOOR, self.ports[DOOR], {**found, "BANK_UPSTREAM": f"127.0.0.1:{self.ports[BANK]}"})
        stack.callback(front.stop)
        front.start()
        stack.callback(self._stop)
        self.processes[BANK] = self._run(f"deploy.{BANK}", "run")
        self.resume()
        self._wait_for(BANK, "/health/ready")
        self._wait_for(DOOR, "/health/live")

    def resume(self) -> None:
        """Starts the services, also again after `pause`."""
        self._begin(self.members)

    def pause(self) -> None:
        """Ends the services; the door stays and says that nobody answers behind it."""
        self._end([member.name for member in self.members])

    def kill(self, *names: str) -> None:
        """`kill -9` processes."""
        for name in names:
            self.processes[name].kill()
        for name in names:
            wait_for(self.processes[name])

    def revive(self) -> None:
        """Starts every process again that was killed."""
        self._begin([member for member in self.members if not self.processes[member.name].is_alive()])

    def _begin(self, members: Sequence[Member]) -> None:
        for member in members:
            own = member.settings(self.ports[member.name])
            self.processes[member.name] = self._run(f"services.{member.service}", member.role, **own)
        for member in members:
            self._wait_for(member.name, "/health/ready")

    async def transfer(self, order: Mapping[str, object], amount_vnd: object) -> None:
        """The bank tells of a transfer for an order as its page shows it."""
        number = secrets.randbelow(10**12)
        told = {
            "id": number,
            "gateway": "Agribank",
            "transactionDate": utc_now().astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "accountNumber": order["account_number"],
            "subAccount": None,
            "code": None,
            "content": f"CT DEN:{number} {order['reference']}",
            "transferType": "in",
            "transferAmount": amount_vnd,
            "accumulated": 0,
            "referenceCode": f"FT{number}",
            "description": "",
        }
        bank = AIOKafkaProducer(**connection(self.cluster.kafka_bootstrap))
        await bank.start()
        try:
            headers = [("ce_id", str(uuid7()).encode()), ("ce_type", b"bank.sepay_transfer.v1")]
            topic = f"{self.name}.{topics.BANK_TRANSFERS.name}"
            await bank.send_and_wait(topic, json.dumps(told).encode(), str(number).encode(), headers=headers)
        finally:
            await bank.stop()

    def _run(self, module: str, command: str, **own: str) -> ForkServerProcess:
        return fork(module, command, env={**os.environ, **self.environment, **own}, output=self.folder / "log")

    def _stop(self) -> None:
        self._end(list(self.processes))

    def _end(self, parts: Sequence[str]) -> None:
        for part in parts:
            self.processes[part].terminate()
        for part in parts:
            end(self.processes[part])

    def _wait_for(self, part: str, path: str) -> None:
        try:
            wait_until(lambda: self._answers(part, path), PATIENCE_S, f"{part} is ready")
        except DidNotHappen as error:
            raise AssertionError(self._last_words()) from error

    def _answers(self, part: str, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.ports[part]}{path}", timeout=PATIENCE_S):
                return True
        except OSError:
            return False

    def _last_words(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
