"""Every SQL statement of every service is understood by a migrated database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.paths import ROOT
from shared import migrate
from shared.db import connect
from shared.sql import load
from tests.support.cluster import Cluster

PLATFORM = ROOT / "shared" / "statements"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service's statements and migrations stand."""

    service: str
    folder: Path


@pytest.fixture(params=["ticketing", "payments", "analytics"])
def place(request: pytest.FixtureRequest) -> Place:
    return Place(request.param, ROOT / "services" / request.param)


@pytest.fixture
def database(cluster: Cluster, place: Place) -> Iterator[str]:
    """URL of an empty database for one service."""
    name = f"sql_{place.service}_{uuid4().hex[:8]}"
    cluster.create_database(name)
    yield cluster.postgres_url(name)
    cluster.drop_database(name)


async def test_every_statement_is_understood_by_the_migrated_database(place: Place, database: str) -> None:
    await migrate.migrate(database, place.folder / "migrations")
    statements = {**load(PLATFORM), **load(place.folder / "sql")}
    connection = await connect(database, "test-sql")
    refused: dict[str, str] = {}
    try:
        for name, statement in statements.items():
            try:
                await connection.prepare(statement)
            except Exception as error:
                refused[name] = str(error)
    finally:
        await connection.close()
    assert len(statements) > len(load(PLATFORM))
    assert refused == {}
