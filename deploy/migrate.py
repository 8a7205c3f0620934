"""`python -m deploy.migrate <service>`: brings a service's database up to date as its owner, and gives its tables over.

A database that `<SERVICE>_DATABASE_URL` names is somebody else's to divide into roles: there the service migrates.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.console import say
from deploy.databases import hand_over, owner_url
from shared.settings import DATABASE_SERVER, DATABASE_URLS, secrets_dir
from shared.storage import migrate

SERVICES_FOLDER = Path(__file__).resolve().parents[1] / "services"


async def bring_up_to_date(service: str, environment: Mapping[str, str]) -> list[str]:
    """The names of the migrations that ran now."""
    folder = SERVICES_FOLDER / service / "migrations"
    if address := environment.get(DATABASE_URLS[service].name):
        return await migrate.migrate(address, folder)
    server, secrets = DATABASE_SERVER.of(environment), secrets_dir(environment)
    done = await migrate.migrate(owner_url(server, secrets, service), folder)
    await hand_over(server, secrets, service)
    return done


def main(arguments: list[str]) -> int:
    [service] = arguments
    for name in asyncio.run(bring_up_to_date(service, os.environ)):
        say(f"{service}: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
