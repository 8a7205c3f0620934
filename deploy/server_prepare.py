"""Makes empty stores of a server ready: databases, then topics, tables and reference data. Safe to run again."""

import asyncio
import sys

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
    prepare({})
    return 0


if __name__ == "__main__":
    sys.exit(main())
