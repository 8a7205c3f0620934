"""Each service's role reaches its own database only, and changes nothing there that is kept for ever; old data too."""

import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from deploy.databases import ensure_databases, hand_over, owner_of, owner_url
from deploy.local.postgres import programs
from deploy.local.secrets import ensure_secrets
from shared.settings import database_url, password_file
from shared.storage import migrate
from tests.architecture.sources import ROOT
from tests.support.cluster import MIGRATIONS, Cluster

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
        for role in (owner_of(name), name):
            cluster.postgres.query(f"DROP ROLE IF EXISTS {role}")


def url(cluster: Cluster, secrets: Path, role: str, database: str) -> str:
    environment = {"SECRETS_DIR": str(secrets), "DATABASE_SERVER": cluster.postgres.address}
    return database_url(role, environment).removesuffix(role) + database


async def connect(cluster: Cluster, secrets: Path, role: str, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(url(cluster, secrets, role, database))


async def make(cluster: Cluster, secrets: Path) -> None:
    await ensure_databases(cluster.postgres.address, secrets, (ONE, OTHER))


async def test_a_service_makes_tables_in_its_database_and_cannot_open_anothers(cluster: Cluster, secrets: Path) -> None:
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
    for closed in (OTHER, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(cluster, secrets, ONE, closed)


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


_ROWS = {
    "audit": "INSERT INTO audit (at, action, subject) VALUES (now(), 'signed_in', 'nobody')",
    "postings": (
        "INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)"
        " VALUES (gen_random_uuid(), 'paid', 'bank:1', 'allocated:1', 5, now())"
    ),
    "seals": "INSERT INTO seals (sealed, after_id, up_to, hash, at) VALUES ('audit', 0, 1, '', now())",
}
_CHANGES = (
    "UPDATE {0} SET at = now()",
    "DELETE FROM {0}",
    "TRUNCATE {0}",
    "DROP TABLE {0}",
    "ALTER TABLE {0} DISABLE TRIGGER ALL",
    "ALTER TABLE {0} DISABLE TRIGGER USER",
    "ALTER TABLE {0} OWNER TO role_one",
    "CREATE TRIGGER mine BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
    "SET ROLE role_one_owner",
    "SET session_replication_role = replica",
    "DROP SCHEMA public CASCADE",
)


async def bring_up_to_date(cluster: Cluster, secrets: Path) -> None:
    """As deploy.migrate does it for payments."""
    server = cluster.postgres.address
    await migrate.migrate(owner_url(server, secrets, ONE), MIGRATIONS["payments"])
    await hand_over(server, secrets, ONE)


async def expect_kept(cluster: Cluster, secrets: Path) -> None:
    """The service's own role adds to what is kept and reads it, and that is all."""
    own = await connect(cluster, secrets, ONE, ONE)
    for table, row in _ROWS.items():
        before = await own.fetchval(f"SELECT count(*) FROM {table}")
        await own.execute(row)
        for change in _CHANGES:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await own.execute(change.format(table))
        assert await own.fetchval(f"SELECT count(*) FROM {table}") == before + 1
        await own.execute(f"GRANT ALL ON {table} TO {ONE}")  # PostgreSQL says no more than a warning
        assert not await own.fetchval("SELECT has_table_privilege($1, 'UPDATE, DELETE, TRUNCATE, TRIGGER')", table)
    await own.execute("UPDATE inbox SET at = now(); DELETE FROM outbox")
    await own.close()


async def test_the_release_before_goes_on_saying_events_until_a_new_table_is_handed_over(
    cluster: Cluster, secrets: Path
) -> None:
    await make(cluster, secrets)
    await bring_up_to_date(cluster, secrets)
    owner = owner_of(ONE)
    cluster.postgres.query(
        f"ALTER TABLE unsent OWNER TO {owner}; ALTER ROUTINE carry_sent_at_over() OWNER TO {owner}", ONE
    )
    own = await connect(cluster, secrets, ONE, ONE)
    said = (
        "INSERT INTO outbox (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at)"
        " VALUES (gen_random_uuid(), 'topic', 'key', 'order', 'one', 'type', '', '{}', now())"
    )
    await own.execute(f"{said}; {said}; UPDATE outbox SET sent_at = now() WHERE seq = 1")
    await own.close()
    assert cluster.postgres.query("SELECT seq FROM unsent", ONE) == "2"


async def test_a_services_own_role_cannot_change_what_is_kept_for_ever(cluster: Cluster, secrets: Path) -> None:
    await make(cluster, secrets)
    await bring_up_to_date(cluster, secrets)
    await expect_kept(cluster, secrets)
    # The next start finds all as it left it.
    await make(cluster, secrets)
    own = await connect(cluster, secrets, ONE, ONE)
    assert await own.fetchval("SELECT count(*) FROM postings") == 1
    await own.close()


async def test_a_database_that_its_service_owned_before_keeps_its_rows_and_is_kept_from_it(
    cluster: Cluster, secrets: Path, tmp_path: Path
) -> None:
    cluster.postgres.query(f"CREATE ROLE {ONE}")
    cluster.postgres.create_database(ONE, "postgres")
    cluster.postgres.query(f"ALTER DATABASE {ONE} OWNER TO {ONE}")
    await make(cluster, secrets)
    cluster.postgres.query(f"ALTER DATABASE {ONE} OWNER TO {ONE}")
    # All that there was before seals, made by the service itself.
    before = tmp_path / "payments" / "migrations"
    before.mkdir(parents=True)
    for file in sorted(MIGRATIONS["payments"].glob("*.sql"))[:5]:
        (before / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    await migrate.migrate(url(cluster, secrets, ONE, ONE), before)
    cluster.postgres.query(_ROWS["audit"], ONE)
    await make(cluster, secrets)
    await bring_up_to_date(cluster, secrets)
    assert cluster.postgres.query("SELECT count(*) FROM audit", ONE).strip() == "1"
    await expect_kept(cluster, secrets)


# What stands between the runbook's commands and PostgreSQL's programs in the field.
_DOCKER = """#!/bin/sh
case "$1 $2" in
  "compose up") exit 0 ;;
  "compose exec") shift 4; exec "$@" ;;
  *) echo "not foreseen: $*" >&2; exit 9 ;;
esac
"""


def run_as_documented(cluster: Cluster, folder: Path, commands: str) -> str:
    """Runs a block of the runbook for one database; what it complains of."""
    (folder / "docker").write_text(_DOCKER, encoding="utf-8")
    (folder / "docker").chmod(0o755)
    host, _, port = cluster.postgres.address.partition(":")
    own = {"PGHOST": host, "PGPORT": port, "PGPASSWORD": cluster.password, "LC_ALL": "C"}
    done = subprocess.run(
        ["sh", "-c", commands.replace("ticketing payments analytics", ONE)],
        cwd=folder,
        env={**os.environ, **own, "PATH": f"{folder}:{programs()}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


async def test_the_runbooks_restore_brings_a_dump_back_on_a_server_without_our_roles(
    cluster: Cluster, secrets: Path, tmp_path: Path
) -> None:
    page = (ROOT / "docs/runbooks/one-server.md").read_text(encoding="utf-8").partition("## Backup and restore")[2]
    dump, restore = re.findall(r"```sh skip: docker\n(.*?)```", page, re.DOTALL)
    await make(cluster, secrets)
    await bring_up_to_date(cluster, secrets)
    cluster.postgres.query(_ROWS["audit"], ONE)
    assert run_as_documented(cluster, tmp_path, dump) == ""
    cluster.drop_database(ONE)
    for role in (owner_of(ONE), ONE):
        cluster.postgres.query(f"DROP ROLE {role}")

    assert run_as_documented(cluster, tmp_path, restore) == ""
    owners = "SELECT string_agg(relowner::regrole::text, ' ' ORDER BY relname) FROM pg_class"
    found = cluster.postgres.query(f"{owners} WHERE relname IN ('audit', 'outbox', 'seals')", ONE)
    assert found.split() == [owner_of(ONE), ONE, owner_of(ONE)]
    # What `prepare` does at the start that follows.
    await make(cluster, secrets)
    await bring_up_to_date(cluster, secrets)
    assert cluster.postgres.query("SELECT count(*) FROM audit", ONE).strip() == "1"
    await expect_kept(cluster, secrets)
