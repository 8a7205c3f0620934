"""`./run up`: the whole system on this machine, from nothing to the addresses to open."""

import asyncio
import errno
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from deploy.console import Problem, say, step
from deploy.databases import ensure_databases
from deploy.local.caddy import caddy_part
from deploy.local.kafka import KafkaBroker
from deploy.local.kafka_jars import are_jars_here
from deploy.local.lock import only_one
from deploy.local.members import Member
from deploy.local.paths import DEMO_SIGN_INS, LOCAL, LOGS, ROOT, RUNNING
from deploy.local.postgres import PostgresServer
from deploy.local.process import Program, end_recorded, living_pid, own_age_s
from deploy.local.running import told_to_commands
from deploy.local.secrets import ensure_secrets
from deploy.local.service import HttpPart, Part
from deploy.local.settings import Settings
from deploy.local.supervisor import Stage, supervise
from deploy.local.system import caddy_program, ensure_java
from deploy.local.vendor import ensure_vendored
from deploy.prepare import prepare
from shared.settings import DATABASE_POOL_SIZE, KAFKA_ADMIN, SERVICES, SIMULATOR, kafka_password_file, read_secret

PAGES = {
    "visitor": "/",
    "gate": "/gate",
    "owner": "/owner",
    "desk": "/manage",
    "province": "/province",
    "sign-in": "/sign-in",
}
INVITATION = "Invitation for the first operator"
FIRST_START_BYTES = 2 * 1024**3
LATER_START_BYTES = 512 * 1024**2
LAST_PORT = 65_535
# A service finishes what it has begun for up to 20 s.
SERVICE_PATIENCE_S = 25.0
# Of a process among six: all of them together stay below what our PostgreSQL lets in.
POOL_SIZE_APART = 8


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C."""
    settings = Settings.read(apart=arguments == ["--apart"])
    # It warns of each password that is not encrypted; the administrator's stays on this machine.
    logging.getLogger("aiokafka.conn").setLevel(logging.ERROR)
    say("Một Chạm")
    LOCAL.mkdir(parents=True, exist_ok=True)
    with only_one():
        check_disk()
        ensure_secrets(settings.secrets)
        if settings.runs_kafka:
            ensure_java(with_maven=not are_jars_here())
        ensure_vendored()  # first, since an image's user reads these files too
        close_to_others(LOCAL)
        stages = stages_of(settings, caddy_program())
        stop_leftovers([part for stage in reversed(stages) for part in stage.parts])
        check_ports(settings)
        with told_to_commands(environment_of(settings)):
            supervise(stages, on_ready=lambda: say(_welcome(settings, own_age_s())))
    return 0


def close_to_others(folder: Path) -> None:
    """From now on what we and our parts write is ours alone; what lies below the folder was open before.

    The logs hold the first operator's invitation, and Kafka's folder every event.
    """
    os.umask(0o077)
    folder.chmod(0o700)


def stop_leftovers(parts: Sequence[Part]) -> None:
    """Stop what a killed starter left running, which may take as long as a service needs to finish."""
    # Of either shape, apart or not, and before the stores.
    files = list(RUNNING.glob("*.pid"))
    is_any_left = any(part.is_alive() for part in parts) or any(living_pid(file) is not None for file in files)
    with step("stopping what an earlier start left running") if is_any_left else nullcontext():
        for file in files:
            end_recorded(file, signal.SIGTERM, SERVICE_PATIENCE_S)
        for part in parts:
            part.stop()


def stages_of(settings: Settings, caddy: Path) -> list[Stage]:
    """All parts in the order in which they start."""
    postgres = PostgresServer(
        LOCAL / "postgres",
        settings.cluster_ports.postgres,
        read_secret(settings.secrets, "postgres-password"),
        log=LOGS / "postgres.log",
    )
    kafka_ports = (settings.cluster_ports.kafka, settings.cluster_ports.kafka_controller)
    stores: list[Part] = [postgres] if settings.runs_postgres else []
    if settings.runs_kafka:
        password = read_secret(settings.secrets, kafka_password_file(KAFKA_ADMIN))
        stores.append(KafkaBroker(LOCAL / "kafka", kafka_ports, password, log=LOGS / "kafka.log"))
    env = environment_of(settings)

    def fill_stores() -> None:
        ours = [name for name in SERVICES if name not in settings.database_urls]
        asyncio.run(ensure_databases(settings.database_server, settings.secrets, ours))
        _prepare(env)

    services = [_service(member, port, env) for member, port in settings.member_ports.items()]
    if settings.is_demo:
        services.append(_process(SIMULATOR, ["deploy.simulator", "run"], settings.http_ports[SIMULATOR], env))
    return [
        Stage("starting " + " and ".join(part.name for part in stores) if stores else "finding the stores", stores),
        Stage("topics, tables and reference data", [], then=fill_stores),
        Stage("starting the services", services),
        Stage("starting Caddy", [caddy_part(settings, caddy)]),
    ]


def _prepare(env: Mapping[str, str]) -> None:
    """Fill the stores; all that is said goes to the log, and how the first operator comes in to the screen too."""
    LOGS.mkdir(parents=True, exist_ok=True)
    file = LOGS / "prepare.log"
    with file.open("a", encoding="utf-8") as log:

        def write(said: str) -> None:
            log.write(said)
            for line in said.splitlines():
                if line.startswith(INVITATION):
                    say(f"\n  {line}")

        try:
            prepare(env, write)
        except Problem as problem:
            raise Problem(f"{problem} (whole text: {file})") from problem


def _service(member: Member, port: int, env: Mapping[str, str]) -> HttpPart:
    return _process(member.name, [f"services.{member.service}", member.role], port, {**env, **member.settings(port)})


def _process(name: str, words: Sequence[str], port: int, env: Mapping[str, str]) -> HttpPart:
    command = [sys.executable, "-m", *words]
    log, pid_file = LOGS / f"{name}.log", RUNNING / f"{name}.pid"
    program = Program(name, command, log, pid_file, folder=ROOT, env=env, stop_within_s=SERVICE_PATIENCE_S)
    return HttpPart(program, port)


def environment_of(settings: Settings) -> dict[str, str]:
    """Settings of our services: where each part of this system is; passwords they read from the secrets themselves."""
    ports = {f"{name.upper()}_PORT": str(port) for name, port in settings.http_ports.items()}
    fewer = {DATABASE_POOL_SIZE.name: os.environ.get(DATABASE_POOL_SIZE.name) or str(POOL_SIZE_APART)}
    return {
        **ports,
        **(fewer if settings.apart else {}),
        "DATABASE_SERVER": settings.database_server,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap,
        "SECRETS_DIR": str(settings.secrets),
        "DEMO_SIGN_INS": str(DEMO_SIGN_INS),
        "PUBLIC_ORIGIN": settings.public_origin,
        "PROFILE": settings.profile,
        "HOST": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


def check_disk() -> None:
    """Refuse to begin what a full disk would end halfway."""
    free = shutil.disk_usage(LOCAL).free
    needed = LATER_START_BYTES if (LOCAL / "kafka").exists() else FIRST_START_BYTES
    if free < needed:
        raise Problem(f"the disk is nearly full: {free / 1e9:.1f} GB free below {LOCAL}, {needed / 1e9:.1f} GB needed")


def check_ports(settings: Settings) -> None:
    """Refuse to begin when a port that one of our parts needs is taken."""
    taken_by: dict[int, str] = {}
    for what, (port, setting) in settings.listening().items():
        if (other := taken_by.setdefault(port, what)) != what:
            raise Problem(f"port {port} is meant for {other} and for {what}; {setting.name} names another one")
        if port > LAST_PORT:
            raise Problem(f"{what} would need port {port}; {setting.name} must leave room below {LAST_PORT}")
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            another = port - 100 if port > 65_000 else port + 100
            hint = f"{setting.name}={another} ./run up takes another one"

            raise Problem(f"port {port} ({what}) is taken by another program; {hint}") from None


def _welcome(settings: Settings, took_s: float) -> str:
    origin = settings.public_origin
    lines = [f"\nReady in {took_s:.0f} s. Open:"]
    lines += [f"  {who:<9} {origin}{page}" for who, page in PAGES.items()]
    if settings.is_demo:
        lines.append(f"  {'bank':<9} {origin}/bank")
    if settings.is_demo and DEMO_SIGN_INS.exists():
        lines += ["\nDemo sign-ins:"]
        lines += [f"  {line}" for line in DEMO_SIGN_INS.read_text(encoding="utf-8").strip().splitlines()]
    if settings.apart:
        lines += ["\nProcesses, each with /health/ready and /metrics on its port:"]
        lines += [f"  {member.name:<21} {port}" for member, port in settings.member_ports.items()]
    return "\n".join([*lines, f"\nCtrl-C stops everything. Logs: {LOGS} (./run logs)"])
