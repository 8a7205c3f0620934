"""The whole of Một Chạm as processes on the test cluster: three services and the bank behind the one door."""

import json
import os
import secrets
import urllib.request
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from aiokafka import AIOKafkaProducer

from deploy.local.caddy import CADDYFILE
from deploy.local.paths import ROOT
from deploy.local.process import DidNotHappen, Program, wait_until
from deploy.local.secrets import ensure_secrets
from deploy.local.system import caddy_program
from shared.clock import ZONE, utc_now
from shared.events import topics
from shared.ids import uuid7
from shared.kafka.connection import connection
from shared.storage.db import connect
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.forks import end, fork, wait_for
from tests.support.ports import free_ports
from tests.support.real_system import ALWAYS_OPEN
from tests.support.topics import own_topics
from tests.support.waiting import PATIENCE_S

SERVICES = ("ticketing", "payments", "analytics")
BANK, DOOR = "simulator", "caddy"


@dataclass(slots=True)
class System:
    cluster: Cluster
    folder: Path
    name: str = field(default_factory=lambda: f"e2e_{secrets.token_hex(4)}")
    ports: dict[str, int] = field(default_factory=dict[str, int])
    databases: dict[str, str] = field(default_factory=dict[str, str])
    processes: dict[str, ForkServerProcess] = field(default_factory=dict[str, ForkServerProcess])

    @property
    def origin(self) -> str:
        """The one address that people open."""
        return f"http://localhost:{self.ports[DOOR]}"

    @property
    def environment(self) -> dict[str, str]:
        databases = {f"{one.upper()}_DATABASE_URL": url for one, url in self.databases.items()}
        upstreams = {f"{one.upper()}_UPSTREAM": f"127.0.0.1:{self.ports[one]}" for one in SERVICES}
        return {
            **databases,
            **upstreams,
            **{f"{one.upper()}_PORT": str(port) for one, port in self.ports.items()},
            "BANK_UPSTREAM": f"127.0.0.1:{self.ports[BANK]}",
            "SITE_ADDRESS": f"http://:{self.ports[DOOR]}",
            "MOT_CHAM_BIND": "127.0.0.1",
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
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
        parts = (*SERVICES, BANK, DOOR)
        self.ports |= zip(parts, free_ports(len(parts)), strict=True)
        for service in SERVICES:
            database = self.cluster.database(f"{self.name}_{service}", MIGRATIONS[service])
            self.databases[service] = await stack.enter_async_context(database)
        seeding = [self._run(f"services.{service}", "seed") for service in SERVICES]
        assert [wait_for(process) for process in seeding] == [0] * len(SERVICES)
        ticketing = await connect(self.databases["ticketing"], "system")
        await ticketing.execute(ALWAYS_OPEN)
        await ticketing.close()
        door = self._door()
        stack.callback(door.stop)
        door.start()
        stack.callback(self._stop)
        self.processes[BANK] = self._run(f"deploy.{BANK}", "run")
        self.resume()
        self._wait_for(BANK, "/health/ready")
        self._wait_for(DOOR, "/health/live")

    def resume(self) -> None:
        """Starts the services, also again after `pause`."""
        for service in SERVICES:
            self.processes[service] = self._run(f"services.{service}", "run")
        for service in SERVICES:
            self._wait_for(service, "/health/ready")

    def pause(self) -> None:
        """Ends the services; the door stays and says that nobody answers behind it."""
        self._end(SERVICES)

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

    def _run(self, module: str, command: str) -> ForkServerProcess:
        return fork(module, command, env={**os.environ, **self.environment}, output=self.folder / "log")

    def _door(self) -> Program:
        command = [str(caddy_program()), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
        pid_file = self.folder / f"{DOOR}.pid"
        return Program(DOOR, command, self.folder / "log", pid_file, folder=ROOT, env=self.environment)

    def _stop(self) -> None:
        self._end(tuple(self.processes))

    def _end(self, parts: tuple[str, ...]) -> None:
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
