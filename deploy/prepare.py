"""Makes empty stores ready: databases, then topics, tables and reference data. Safe to run again at every start.

`python -m deploy.prepare` does it on a server. What it prints is how the first people come in:
`docker compose logs prepare` shows it.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from deploy.console import Problem, say
from deploy.databases import ensure_databases
from deploy.old_dead_letters import take_in
from shared.kafka.connection import first_broker
from shared.settings import (
    DATABASE_SERVER,
    KAFKA_BOOTSTRAP_SERVERS,
    SERVICES,
    Setting,
    Settings,
    secrets_dir,
)
from shared.storage.db import AWAY

ROOT = Path(__file__).resolve().parents[1]
# Commands of one round have nothing to do with each other and run side by side.
_MAKE = (("shared.kafka.topics", "create"), *(("deploy.migrate", name) for name in SERVICES))
_FILL = tuple((f"services.{name}", "seed") for name in ("ticketing", "payments"))  # analytics only counts what it hears
_WAIT_S = 60


def prepare(env: Mapping[str, str], write: Callable[[str], object]) -> None:
    """Run every round; `write` gets what each command said. The first round with a failure ends it with a Problem."""
    whole = {**os.environ, **env}
    _side_by_side(_MAKE, whole, write)
    for line in asyncio.run(take_in(whole)):
        write(line)
    _side_by_side(_FILL, whole, write)


def _side_by_side(commands: Sequence[Sequence[str]], env: Mapping[str, str], write: Callable[[str], object]) -> None:
    running: list[tuple[str, subprocess.Popen[str]]] = []
    for module, *arguments in commands:
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        running.append((f"{module} {' '.join(arguments)}", process))
    failures: list[str] = []
    for what, process in running:
        said = process.communicate()[0]
        write(f"{what}: exit {process.returncode}\n{said}")
        if process.returncode != 0:
            last = said.strip().splitlines()[-1:] or ["no reason given"]
            failures.append(f"`python -m {what}` failed: {last[0][:300]}")
    if failures:
        raise Problem(failures[0])


async def make_databases() -> None:
    """Makes what is missing on the server that DATABASE_SERVER names."""
    await ensure_databases(DATABASE_SERVER.of(os.environ), secrets_dir(os.environ), SERVICES)


async def knock_on_kafka() -> None:
    """Raises OSError while nothing listens there."""
    _, writer = await asyncio.open_connection(*first_broker(KAFKA_BOOTSTRAP_SERVERS.of(os.environ)))
    writer.close()


async def patiently(work: Callable[[], Awaitable[None]], what: str, where: Setting) -> None:
    """Does the work once the other side is up: `docker compose restart` starts everything at once."""
    for _ in range(_WAIT_S):
        try:
            return await work()
        except AWAY:
            await asyncio.sleep(1)
    raise Problem(
        f"{what} does not answer at {where.of(os.environ)} after {_WAIT_S} s; {where.name} names another place"
    )


async def get_stores() -> None:
    await patiently(make_databases, "PostgreSQL", DATABASE_SERVER)
    await patiently(knock_on_kafka, "Kafka", KAFKA_BOOTSTRAP_SERVERS)


def main() -> int:
    try:
        asyncio.run(get_stores())
        prepare({}, say)
    except Problem as problem:
        say(str(problem))
        return 1
    settings = Settings.read("ticketing")
    if settings.profile == "demo":
        say(settings.demo_sign_ins.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
