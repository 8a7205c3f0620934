"""Every SQL statement of every service is understood by a migrated database."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.storage.db import connect
from shared.storage.sql import load
from tests.architecture.sources import ROOT, sql_folders
from tests.support.cluster import Cluster


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service's statements and migrations stand, the platform's statements among them."""

    service: str
    migrations: Path
    statements: tuple[Path, ...]


@pytest.fixture(params=["ticketing", "payments", "analytics"])
def place(request: pytest.FixtureRequest) -> Place:
    own = Path("services") / request.param
    folders = tuple(ROOT / folder for folder in sql_folders() if folder.parts[0] == "shared" or own in folder.parents)
    return Place(request.param, ROOT / own / "migrations", folders)


@pytest.fixture
async def database(cluster: Cluster, place: Place) -> AsyncIterator[str]:
    """URL of a migrated database for one service."""
    async with cluster.database(f"sql_{place.service}", place.migrations) as url:
        yield url


async def test_every_statement_is_understood_by_the_migrated_database(place: Place, database: str) -> None:
    statements = {
        f"{folder.parent.name}.{name}": text for folder in place.statements for name, text in load(folder).items()
    }
    connection = await connect(database, "test-sql")
    refused: dict[str, str] = {}
    try:
        for name, statement in statements.items():
            try:
                await connection.prepare(statement)
                if "CREATE TEMPORARY TABLE" in statement:
                    await connection.execute(statement)
            except Exception as error:
                refused[name] = str(error)
    finally:
        await connection.close()
    assert any(place.service in folder.parts for folder in place.statements)
    assert refused == {}
