"""The whole of Một Chạm as processes on the test cluster: three services and the bank behind the one door."""

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaProducer

from deploy.local.caddy import CADDYFILE
from deploy.local.secrets import ensure_secrets
from deploy.local.system import caddy_program
from shared.clock import ZONE, utc_now
from shared.events import topics
from shared.ids import uuid7
from shared.kafka.topics import create as create_topics
from tests.support.cluster import Cluster
from tests.support.ports import free_ports
from tests.support.real_system import ALWAYS_OPEN

SERVICES = ("ticketing", "payments", "analytics")
BANK, DOOR = "simulator", "caddy"


@dataclass(slots=True)
class System:
    cluster: Cluster
    folder: Path
    name: str = field(default_factory=lambda: f"e2e_{secrets.token_hex(4)}")
    ports: dict[str, int] = field(default_factory=dict[str, int])
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])

    @property
    def origin(self) -> str:
        """The one address that people open."""
        return f"http://localhost:{self.ports[DOOR]}"

    @property
    def environment(self) -> dict[str, str]:
        databases = {f"{one.upper()}_DATABASE_URL": self.database_url(one) for one in SERVICES}
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
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.kafka_bootstrap,
            "TOPIC_PREFIX": f"{self.name}.",
            "SECRETS_DIR": str(self.folder),
            "PROFILE": "demo",
            "DEMO_SIGN_INS": str(self.folder / "sign-ins.txt"),
            "LOG_LEVEL": "WARNING",
        }

    def database_url(self, service: str) -> str:
        return self.cluster.postgres_url(f"{self.name}_{service}")

    async def start(self) -> None:
        ensure_secrets(self.folder)
        await create_topics(self.cluster.kafka_bootstrap, f"{self.name}.")
        parts = (*SERVICES, BANK, DOOR)
        self.ports |= zip(parts, free_ports(len(parts)), strict=True)
        for service in SERVICES:
            self.cluster.create_database(f"{self.name}_{service}")
        for command in ("migrate", "seed"):
            running = [self._run(f"services.{service}", command) for service in SERVICES]
            assert [process.wait(60) for process in running] == [0] * len(SERVICES)
        self.cluster.postgres.query(ALWAYS_OPEN, f"{self.name}_ticketing")
        door = [str(caddy_program()), "run", "--adapter", "caddyfile", "--config", str(CADDYFILE)]
        self.processes[DOOR] = self._start(door)
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

    def stop(self) -> None:
        self._end(tuple(self.processes))

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
        bank = AIOKafkaProducer(bootstrap_servers=self.cluster.kafka_bootstrap)
        await bank.start()
        try:
            headers = [("ce_id", str(uuid7()).encode()), ("ce_type", b"bank.sepay_transfer.v1")]
            topic = f"{self.name}.{topics.BANK_TRANSFERS.name}"
            await bank.send_and_wait(topic, json.dumps(told).encode(), str(number).encode(), headers=headers)
        finally:
            await bank.stop()

    def _run(self, module: str, command: str) -> subprocess.Popen[bytes]:
        return self._start([sys.executable, "-m", module, command])

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(command, env={**os.environ, **self.environment}, stdout=log, stderr=log)

    def _end(self, parts: tuple[str, ...]) -> None:
        for part in parts:
            self.processes[part].terminate()
        for part in parts:
            self.processes[part].wait(25)

    def _wait_for(self, part: str, path: str) -> None:
        give_up_at = time.monotonic() + 40
        while True:
            try:
                with urllib.request.urlopen(f"http://localhost:{self.ports[part]}{path}", timeout=1):
                    return
            except OSError:
                assert time.monotonic() < give_up_at, f"{part} did not become ready: {self._last_words()}"
                time.sleep(0.1)

    def _last_words(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:]
