"""Forward-only migrations: each file once, in one transaction, and never edited afterwards."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from shared.storage.db import AWAY, DirectConnection, connect

PLATFORM = Path(__file__).parent / "migrations"
# Databases remember migrations by this name, wherever the folder lies today.
_PLATFORMS_NAME = "shared"
_LOCK = 0x4D6F7443  # "MotC": one migrating process per database
_WAIT_S = 30


class EditedMigration(Exception):
    """A migration that has run was changed afterwards; write a new one instead."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read(folder: Path) -> list[Migration]:
    """The platform's migrations, then the service's, by file name."""
    return [
        Migration(f"{owner}/{file.name}", file.read_text(encoding="utf-8"))
        for owner, place in ((_PLATFORMS_NAME, PLATFORM), (folder.parent.name, folder))
        for file in sorted(place.glob("*.sql"))
    ]


async def migrate(url: str, folder: Path) -> list[str]:
    """Brings a database up to date; the names of the migrations that ran now."""
    connection = await _connect(url)
    try:
        await connection.execute("SET lock_timeout = '10s'")
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, checksum text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        )
        done = {row["name"]: row["checksum"] for row in await connection.fetch("SELECT name, checksum FROM migrations")}
        return [item.name for item in read(folder) if await _run(connection, item, done)]
    finally:
        await connection.close()


async def _connect(url: str) -> DirectConnection:
    for _ in range(_WAIT_S):
        try:
            return await connect(url, "migrate")
        except AWAY:
            await asyncio.sleep(1)
    return await connect(url, "migrate")


async def _run(connection: DirectConnection, migration: Migration, done: dict[str, str]) -> bool:
    if migration.name in done:
        if done[migration.name] != migration.checksum:
            raise EditedMigration(migration.name)
        return False
    async with connection.transaction():
        await connection.execute(migration.text)
        await connection.execute(
            "INSERT INTO migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum
        )
    return True
