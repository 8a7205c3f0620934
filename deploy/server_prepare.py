"""Makes empty stores of a server ready: databases, then topics, tables and reference data. Safe to run again.

What it prints at the end is how the first people come in: `docker compose logs prepare` shows it.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from deploy.local.console import Problem, say
from deploy.local.databases import ensure_databases
from deploy.local.paths import LOGS
from deploy.local.prepare import prepare
from deploy.local.settings import DATABASES
from shared.settings import Settings, secrets_dir
from shared.storage.db import AWAY

_WAIT_S = 60


async def make_databases() -> None:
    """Makes what is missing on the server that DATABASE_HOST and DATABASE_PORT name."""
    server = f"{os.environ['DATABASE_HOST']}:{os.environ['DATABASE_PORT']}"
    await ensure_databases(server, secrets_dir(os.environ), DATABASES)


async def knock_on_kafka() -> None:
    """Raises OSError while nothing listens there."""
    host, _, port = Settings.read("ticketing").kafka_bootstrap.split(",")[0].rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()


async def patiently(work: Callable[[], Awaitable[None]], what: str) -> None:
    """Does the work once the other side is up: `docker compose restart` starts everything at once."""
    for _ in range(_WAIT_S):
        try:
            return await work()
        except AWAY:
            await asyncio.sleep(1)
    raise Problem(f"{what} does not answer after {_WAIT_S} s")


async def get_stores() -> None:
    await patiently(make_databases, "PostgreSQL")
    await patiently(knock_on_kafka, "Kafka")


def main() -> int:
    try:
        asyncio.run(get_stores())
        prepare({})
    except Problem as problem:
        say(str(problem))
        return 1
    finally:
        _show_log()
    settings = Settings.read("ticketing")
    if settings.profile == "demo":
        say(settings.demo_sign_ins.read_text(encoding="utf-8"))
    return 0


def _show_log() -> None:
    """The log file ends with this container; an invitation for the first operator is written nowhere else."""
    file = LOGS / "prepare.log"
    if file.exists():
        say(file.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
