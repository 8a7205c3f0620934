"""Makes empty stores of a server ready: databases, then topics, tables and reference data. Safe to run again.

What it prints at the end is how the first people come in: `docker compose logs prepare` shows it.
"""

import asyncio
import sys

from deploy.local.console import Problem, say
from deploy.local.paths import LOGS
from deploy.local.prepare import prepare
from shared.db import connect
from shared.settings import Settings

SERVICES = ("ticketing", "payments", "analytics")


async def make_databases() -> None:
    for service in SERVICES:
        url = Settings.read(service).database_url
        connection = await connect(url.rpartition("/")[0] + "/postgres", "prepare")
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", service):
                # A fixed name of ours, not of anybody else's making.
                await connection.execute(f'CREATE DATABASE "{service}"')
        finally:
            await connection.close()


def main() -> int:
    asyncio.run(make_databases())
    try:
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
