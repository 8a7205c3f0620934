"""Ticketing and payments as processes on the test cluster, and a bank that speaks SePay's format."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaProducer

from deploy.local.cluster import Cluster
from deploy.local.secrets import ensure_secrets
from shared import topics
from shared.clock import ZONE, utc_now
from shared.ids import uuid7

SERVICES = ("ticketing", "payments")


@dataclass(slots=True)
class System:
    cluster: Cluster
    folder: Path
    name: str = field(default_factory=lambda: f"e2e_{secrets.token_hex(4)}")
    ports: dict[str, int] = field(default_factory=dict[str, int])
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, subprocess.Popen[bytes]])

    @property
    def environment(self) -> dict[str, str]:
        databases = {f"{one.upper()}_DATABASE_URL": self.cluster.postgres_url(f"{self.name}_{one}") for one in SERVICES}
        return {
            **databases,
            **{f"{one.upper()}_PORT": str(port) for one, port in self.ports.items()},
            "KAFKA_BOOTSTRAP_SERVERS": self.cluster.kafka_bootstrap,
            "TOPIC_PREFIX": f"{self.name}.",
            "SECRETS_DIR": str(self.folder),
            "DEMO_SIGN_INS": str(self.folder / "sign-ins.txt"),
            "LOG_LEVEL": "WARNING",
        }

    async def start(self) -> None:
        ensure_secrets(self.folder)
        await topics.create(self.cluster.kafka_bootstrap, f"{self.name}.")
        for service in SERVICES:
            self.cluster.create_database(f"{self.name}_{service}")
            with socket.create_server(("127.0.0.1", 0)) as listening:
                self.ports[service] = int(listening.getsockname()[1])
        for service in SERVICES:
            for command in ("migrate", "seed"):
                assert self._run(service, command).wait(60) == 0
        self.resume()

    def resume(self) -> None:
        """Starts the services, also again after `stop`."""
        for service in SERVICES:
            self.processes[service] = self._run(service, "run")
        for service in SERVICES:
            self._wait_ready(service)

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(25)

    def origin(self, service: str = "ticketing") -> str:
        return f"http://localhost:{self.ports[service]}"

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

    def _run(self, service: str, command: str) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-m", f"services.{service}", command]
        return subprocess.Popen(arguments, env={**os.environ, **self.environment}, stdout=subprocess.DEVNULL)

    def _wait_ready(self, service: str) -> None:
        give_up_at = time.monotonic() + 40
        while True:
            try:
                with urllib.request.urlopen(f"{self.origin(service)}/health/ready", timeout=1):
                    return
            except OSError:
                assert time.monotonic() < give_up_at, f"{service} did not become ready"
                time.sleep(0.1)
