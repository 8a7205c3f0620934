"""PostgreSQL, Kafka and our services as real processes in a folder of their own, under the supervisor of `./run up`.

`python -m tests.support.real_system FOLDER` runs what `RealSystem.make(FOLDER)` chose, until a signal ends it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from deploy.databases import ensure_databases
from deploy.local.members import Member, members_of, upstreams
from deploy.local.paths import ROOT
from deploy.local.process import DidNotHappen, Program, living_pid, wait_until
from deploy.local.secrets import ensure_secrets
from deploy.local.service import HttpPart
from deploy.local.settings import Ports
from deploy.local.supervisor import Stage, supervise
from deploy.local.up import POOL_SIZE_APART
from shared.settings import KAFKA_ADMIN, Settings, kafka_address, kafka_password_file, read_secret
from tests.support.cluster import Cluster
from tests.support.door import DOOR, door
from tests.support.ports import free_ports

# Round the clock and with room for everybody, so that a run does not depend on the hour at which it is started.
ALWAYS_OPEN = (
    "DELETE FROM closures; DELETE FROM opening_hours; INSERT INTO opening_hours (venue_id, weekdays, opens_minute,"
    " closes_minute) SELECT venue_id, '{1,2,3,4,5,6,7}', 0, 1440 FROM venues;"
    "UPDATE products SET daily_capacity = 1000000"
)


@dataclass(frozen=True, slots=True)
class RealSystem:
    """Where everything of one system is; the same values in the process that runs it and in the one that tries it.

    http_ports: of each service, where it serves first. apart: the ports of every process by its name, and of the door
    in front of those that serve; empty where each service is one process.
    """

    folder: Path
    ports: Ports
    http_ports: Mapping[str, int]
    log_level: str
    apart: Mapping[str, int] = field(default_factory=dict[str, int])

    @classmethod
    def make(cls, folder: Path, services: tuple[str, ...], log_level: str = "INFO", *, apart: bool = False) -> Self:
        """Choose free ports and make the secrets. apart: each role is a process of its own, two of each."""
        ensure_secrets(folder / "secrets")
        members = [member for service in services for member in members_of(service, apart=apart)]
        *found, front, postgres, kafka, controller = free_ports(len(members) + 4)
        ports = {member.name: port for member, port in zip(members, found, strict=True)}
        first = {service: ports[members_of(service, apart=apart)[0].name] for service in services}
        stores = Ports(postgres, kafka, controller)
        chosen = cls(folder, stores, first, log_level, {**ports, DOOR: front} if apart else {})
        values = {"ports": asdict(chosen.ports), "http_ports": first, "log_level": log_level, "apart": chosen.apart}
        (folder / "system.json").write_text(json.dumps(values), encoding="utf-8")
        return chosen

    @classmethod
    def read(cls, folder: Path) -> Self:
        values = json.loads((folder / "system.json").read_text(encoding="utf-8"))
        # An earlier release's system, which the bench runs too, has nothing apart.
        apart = values.get("apart", {})
        return cls(folder, Ports(**values["ports"]), values["http_ports"], values["log_level"], apart)

    @property
    def kafka_bootstrap(self) -> str:
        """The administrator's; the parts themselves speak under their own names."""
        return kafka_address(KAFKA_ADMIN, self.environment())

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    def cluster(self) -> Cluster:
        kafka_password = read_secret(self.secrets, kafka_password_file(KAFKA_ADMIN))
        return Cluster(self.folder, self.ports, read_secret(self.secrets, "postgres-password"), kafka_password)

    def origin(self, service: str) -> str:
        """Where people reach it."""
        return f"http://127.0.0.1:{self.apart.get(DOOR) or self.http_ports[service]}"

    def members(self) -> dict[Member, int]:
        """The services' processes, and the port of each."""
        members = [one for service in self.http_ports for one in members_of(service, apart=bool(self.apart))]
        return {member: (self.apart or self.http_ports)[member.name] for member in members}

    def environment(self) -> dict[str, str]:
        """What the services read."""
        return {
            **{f"{name.upper()}_PORT": str(port) for name, port in self.http_ports.items()},
            "DATABASE_SERVER": f"127.0.0.1:{self.ports.postgres}",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.ports.kafka}",
            "SECRETS_DIR": str(self.secrets),
            "PROFILE": "demo",
            "LOG_LEVEL": self.log_level,
            **({"DATABASE_POOL_SIZE": str(POOL_SIZE_APART)} if self.apart else {}),
            "PYTHONUNBUFFERED": "1",
        }

    def database_url(self, service: str) -> str:
        """As the service itself connects."""
        return Settings.read(service, self.environment()).database_url

    def pid_file(self, name: str) -> Path:
        """Of PostgreSQL, Kafka, the door or a process of a service, by its lower-case name."""
        return self.folder / f"{name}.pid"

    def pid(self, name: str) -> int | None:
        return living_pid(self.pid_file(name))

    def kill(self, name: str) -> bool:
        """`kill -9` a part with all its processes; False when it is not up just now."""
        if (pid := self.pid(name)) is None:
            return False
        os.killpg(pid, signal.SIGKILL)
        return True

    def parts(self) -> list[HttpPart]:
        """The services' processes, and the door if there is one."""
        members = self.members()
        parts = [self._part(member, port) for member, port in members.items()]
        if self.apart:
            parts.append(door(self.folder, self.apart[DOOR], upstreams(members)))
        return parts

    def _part(self, member: Member, port: int) -> HttpPart:
        name, command = member.name, [sys.executable, "-m", f"services.{member.service}", member.role]
        env = {**self.environment(), "INSTANCE_ID": "one", **member.settings(port)}
        log, pid_file = self.folder / "log" / f"{name}.log", self.pid_file(name)
        return HttpPart(Program(name, command, log, pid_file, folder=ROOT, env=env, stop_within_s=25), port)

    def command(self, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """One command line of ours, `python -m module arguments`, to its end."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=os.environ | self.environment() | {"LOG_LEVEL": "ERROR"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def prepare(self) -> None:
        """Topics, tables and reference data."""
        cluster = self.cluster()
        asyncio.run(ensure_databases(cluster.postgres.address, self.secrets, self.http_ports))
        commands = [("shared.kafka.topics", "create")]
        commands += [("deploy.migrate", name) for name in self.http_ports]
        commands += [(f"services.{name}", "seed") for name in self.http_ports]
        for module, what in commands:
            done = self.command(module, what)
            if done.returncode != 0:
                raise DidNotHappen(f"{module} {what}: {done.stdout} {done.stderr}")
        cluster.postgres.query(ALWAYS_OPEN, "ticketing")

    def run(self) -> None:
        """Run everything until a signal ends us, as `./run up` would."""
        cluster = self.cluster()
        supervise(
            [
                Stage("starting PostgreSQL and Kafka", [cluster.postgres, cluster.kafka]),
                Stage("topics, tables and reference data", [], then=self.prepare),
                Stage("starting the services", self.parts()),
            ],
            on_ready=(self.folder / "ready").touch,
        )


def services_here() -> tuple[str, ...]:
    """The services that can be run already."""
    return tuple(name for name in ("ticketing", "payments", "analytics") if _is_here(name))


def _is_here(name: str) -> bool:
    return find_spec(f"services.{name}") is not None and find_spec(f"services.{name}.__main__") is not None


def python_of(checkout: Path) -> str:
    """The Python that runs a checkout's code: that of its own environment where it has one."""
    own = checkout / ".venv" / "bin" / "python"
    return str(own) if own.exists() else sys.executable


@contextmanager
def running_system(system: RealSystem, checkout: Path = ROOT) -> Generator[Program]:
    """The system, ready, with its supervisor as a process of its own; everything is gone afterwards.

    checkout: whose code runs, where it is not ours.
    """
    supervisor = Program(
        "the supervisor",
        [python_of(checkout), "-m", "tests.support.real_system", str(system.folder)],
        system.folder / "log" / "supervisor.log",
        system.pid_file("supervisor"),
        folder=checkout,
        stop_within_s=90,
    )
    supervisor.start()
    try:
        ready = system.folder / "ready"
        wait_until(lambda: ready.exists() or supervisor.pid() is None, 180, "the system is ready")
        if not ready.exists():
            raise DidNotHappen(supervisor.log.read_text(encoding="utf-8")[-2000:])
        yield supervisor
    finally:
        supervisor.stop()


if __name__ == "__main__":
    RealSystem.read(Path(sys.argv[1])).run()
