"""What the environment may change about one machine's system, by the names that shared/settings.py declares."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.console import Problem
from deploy.local.members import Member, ports_of
from deploy.local.paths import SECRETS
from shared import settings as known
from shared.settings import SERVICES, Environment, Profile, Setting


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the stores listen on 127.0.0.1."""

    postgres: int
    kafka: int
    kafka_controller: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Ports on 127.0.0.1, and the addresses of parts that run elsewhere.

    apart: every role is a process of its own, two of each; member_ports: where each process listens.
    database_urls: only those that the environment names. database_server, kafka_bootstrap: where the stores are.
    bind: the address on which the public port listens. The demo's PINs are printed, so nobody else by default.
    """

    public_port: int
    public_origin: str
    cluster_ports: Ports
    http_ports: Mapping[str, int]
    member_ports: Mapping[Member, int]
    database_urls: Mapping[str, str]
    database_server: str
    kafka_bootstrap: str
    secrets: Path
    bind: str
    profile: Profile
    runs_postgres: bool
    runs_kafka: bool
    apart: bool

    @classmethod
    def read(cls, environment: Environment = os.environ, *, apart: bool = False) -> Self:
        """Settings as the environment has them; one that makes no sense ends in one clear line."""
        urls = {name: environment.get(setting.name, "") for name, setting in known.DATABASE_URLS.items()}
        cluster_ports = Ports(
            _port(known.MOT_CHAM_POSTGRES_PORT, environment),
            _port(known.MOT_CHAM_KAFKA_PORT, environment),
            _port(known.MOT_CHAM_KAFKA_CONTROLLER_PORT, environment),
        )
        http_ports = {name: _port(setting, environment) for name, setting in known.PORTS.items()}
        member_ports = {
            member: port for name in SERVICES for member, port in ports_of(name, http_ports[name], apart=apart).items()
        }
        try:
            profile = known.profile(environment)
        except known.SettingsWrong as wrong:
            raise Problem(str(wrong)) from wrong
        return cls(
            public_port=_port(known.MOT_CHAM_PORT, environment),
            public_origin=known.PUBLIC_ORIGIN.of(environment),
            cluster_ports=cluster_ports,
            http_ports=http_ports,
            member_ports=member_ports,
            database_urls={name: url for name, url in urls.items() if url},
            database_server=known.DATABASE_SERVER.of(environment),
            kafka_bootstrap=known.KAFKA_BOOTSTRAP_SERVERS.of(environment),
            secrets=Path(environment.get(known.SECRETS_DIR.name) or SECRETS),
            bind=known.MOT_CHAM_BIND.of(environment),
            profile=profile,
            runs_postgres=not (environment.get(known.DATABASE_SERVER.name) or all(urls.values())),
            runs_kafka=not environment.get(known.KAFKA_BOOTSTRAP_SERVERS.name),
            apart=apart,
        )

    @property
    def is_demo(self) -> bool:
        """True when the simulated bank and the demo people are wanted."""
        return self.profile == "demo"

    def listening(self) -> dict[str, tuple[int, Setting]]:
        """The port that each of our own parts will take, and the setting that moves it."""
        wanted = {"the public address": (self.public_port, known.MOT_CHAM_PORT)}
        wanted |= {member.name: (port, known.PORTS[member.service]) for member, port in self.member_ports.items()}
        if self.is_demo:
            wanted[known.SIMULATOR] = (self.http_ports[known.SIMULATOR], known.PORTS[known.SIMULATOR])
        if self.runs_postgres:
            wanted["PostgreSQL"] = (self.cluster_ports.postgres, known.MOT_CHAM_POSTGRES_PORT)
        if self.runs_kafka:
            wanted["Kafka"] = (self.cluster_ports.kafka, known.MOT_CHAM_KAFKA_PORT)
            wanted["Kafka's controller"] = (self.cluster_ports.kafka_controller, known.MOT_CHAM_KAFKA_CONTROLLER_PORT)
        return wanted


def _port(setting: Setting, environment: Environment) -> int:
    text = setting.of(environment)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Problem(f"{setting.name} must be a port, 1 to 65535, not {text!r}")
    return int(text)
