"""What the environment may change about one machine's system; everything has a value when it says nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.console import Problem
from deploy.local.paths import SECRETS
from shared.settings import SERVICES

SIMULATOR = "simulator"
HTTP_PORTS: Mapping[str, int] = {**SERVICES, SIMULATOR: 8104}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the parts listen on 127.0.0.1."""

    postgres: int = 5439
    kafka: int = 9094
    kafka_controller: int = 9095


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports on 127.0.0.1, and the addresses of parts that run elsewhere.

    database_urls: only those that the environment names; the other databases are ours to run.
    bind: the address on which the public port listens. The demo's PINs are printed, so nobody else by default.
    """

    public_port: int
    cluster_ports: Ports
    http_ports: Mapping[str, int]
    database_urls: Mapping[str, str]
    kafka_bootstrap: str | None
    secrets: Path
    bind: str
    profile: str
    environ: Mapping[str, str] = field(repr=False)

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Settings as the environment has them; a number that is none ends in one clear line."""

        def port(name: str, default: int) -> int:
            value = environ.get(name, "") or str(default)
            if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
                raise Problem(f"{name} must be a port, 1 to 65535, not {value!r}")
            return int(value)

        urls = {name: environ.get(f"{name.upper()}_DATABASE_URL", "") for name in SERVICES}
        return cls(
            public_port=port("MOT_CHAM_PORT", 8080),
            cluster_ports=Ports(
                port("MOT_CHAM_POSTGRES_PORT", 5439),
                port("MOT_CHAM_KAFKA_PORT", 9094),
                port("MOT_CHAM_KAFKA_CONTROLLER_PORT", 9095),
            ),
            http_ports={name: port(f"{name.upper()}_PORT", default) for name, default in HTTP_PORTS.items()},
            database_urls={name: url for name, url in urls.items() if url},
            kafka_bootstrap=environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
            secrets=Path(environ.get("SECRETS_DIR") or SECRETS),
            bind=environ.get("MOT_CHAM_BIND") or "127.0.0.1",
            profile=environ.get("PROFILE") or "demo",
            environ=environ,
        )

    @property
    def public_origin(self) -> str:
        """What people open."""
        return self.environ.get("PUBLIC_ORIGIN") or f"http://localhost:{self.public_port}"

    @property
    def runs_postgres(self) -> bool:
        """True unless every database is elsewhere."""
        return len(self.database_urls) < len(SERVICES)

    @property
    def runs_kafka(self) -> bool:
        """True unless the broker is elsewhere."""
        return self.kafka_bootstrap is None

    @property
    def is_demo(self) -> bool:
        """True when the simulated bank and the demo people are wanted."""
        return self.profile == "demo"

    def listening(self) -> dict[str, int]:
        """The ports that our own parts will take, by what takes them."""
        ports = {"the public address": self.public_port, **self.http_ports}
        if not self.is_demo:
            ports.pop(SIMULATOR)
        if self.runs_postgres:
            ports["PostgreSQL"] = self.cluster_ports.postgres
        if self.runs_kafka:
            ports |= {"Kafka": self.cluster_ports.kafka, "Kafka's controller": self.cluster_ports.kafka_controller}
        return ports
