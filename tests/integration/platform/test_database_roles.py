"""Each service's role owns its own database and reaches no other; made again at each start, and for old data too."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.databases import ensure_databases
from deploy.local.secrets import ensure_secrets
from shared.settings import database_url, password_file
from tests.support.cluster import Cluster

ONE, OTHER = "role_one", "role_other"


@pytest.fixture
async def secrets(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Path]:
    ensure_secrets(tmp_path)
    (tmp_path / "postgres-password").write_text(cluster.password, encoding="utf-8")
    for name in (ONE, OTHER):
        (tmp_path / password_file(name)).write_text(f"it's {name}'s %s; --", encoding="utf-8")
    yield tmp_path
    for name in (ONE, OTHER):
        cluster.drop_database(name)
        cluster.postgres.query(f"DROP ROLE IF EXISTS {name}")


def url(cluster: Cluster, secrets: Path, role: str, database: str) -> str:
    environment = {"SECRETS_DIR": str(secrets), "DATABASE_SERVER": cluster.postgres.address}
    return database_url(role, environment).removesuffix(role) + database


async def connect(cluster: Cluster, secrets: Path, role: str, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url(cluster, secrets, role, database))


async def make(cluster: Cluster, secrets: Path) -> None:
    await ensure_databases(cluster.postgres.address, secrets, (ONE, OTHER))


async def test_a_service_owns_its_database_and_cannot_open_anothers(cluster: Cluster, secrets: Path) -> None:
    await make(cluster, secrets)
    own = await connect(cluster, secrets, ONE, ONE)
    await own.execute("CREATE TABLE mine (n int)")
    assert (
        await own.fetchval("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = $1", ONE)
        is False
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await own.execute("COPY mine FROM PROGRAM 'echo 1'")
    await own.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connect(cluster, secrets, ONE, OTHER)


async def test_a_second_start_takes_over_a_password_that_was_changed(cluster: Cluster, secrets: Path) -> None:
    await make(cluster, secrets)
    (secrets / password_file(ONE)).write_text("another", encoding="utf-8")
    await make(cluster, secrets)
    await (await connect(cluster, secrets, ONE, ONE)).close()


async def test_tables_the_superuser_made_before_there_were_roles_keep_their_rows_and_get_their_owner(
    cluster: Cluster, secrets: Path
) -> None:
    cluster.postgres.create_database(ONE, "postgres")
    cluster.postgres.query(
        "CREATE TABLE old (n bigserial, m int GENERATED ALWAYS AS IDENTITY, word text); INSERT INTO old (word) VALUES"
        " ('kept'); CREATE VIEW seen AS SELECT word FROM old; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE UPDATE ON old FOR EACH ROW EXECUTE FUNCTION f()",
        ONE,
    )
    await make(cluster, secrets)
    own = await connect(cluster, secrets, ONE, ONE)
    await own.execute("INSERT INTO old (word) VALUES ('new'); ALTER TABLE old ADD later int; DROP VIEW seen")
    await own.execute("CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'")
    assert await own.fetchval("SELECT array_agg(word ORDER BY n) FROM old") == ["kept", "new"]
    await own.close()
