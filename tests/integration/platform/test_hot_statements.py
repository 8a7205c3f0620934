"""Every statement lives by an index on full tables, but those that read a whole table on purpose."""

import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from deploy.databases import SUPERUSER
from shared.storage.db import DirectConnection, connect
from shared.storage.sql import load
from tests.architecture.sources import ROOT, sql_folders
from tests.support import full_tables
from tests.support.cluster import MIGRATIONS, NO_SERVICE, Cluster

WHOLE = {
    # A person asked, or a timer looks at all there is.
    "unit.resend_outbox",
    "passes.revoked_subjects",
    "books.money_in_and_placed",
    "books.transfers_not_booked_once",
    "books.transfers_not_traceable",
    "books.cash_not_apart",
    "books.intents_not_as_booked",
    "books.suspense_not_as_booked",
    "books.intents_settled_twice",
    "stream.wrong_minutes",
    "stream.wrong_hours",
    "stream.wrong_days",
    "stream.wrong_entry_days",
    "stream.negative_cells",
    "stream.rollup_totals",
    "views.refunded",
    # A table that is small because this cleans it.
    "people.delete_old_attempts",
    "people.forget_attempts_below",
    # Now and then at a desk, over some thousands of people and phones, which is as quick as their index.
    "people.all_persons",
    "people.all_devices",
    "people.has_operator",
    "people.persons_of_venues",
    "people.devices_of_venues",
    "people.revoke_devices_paired_by",
}
LARGE_ROWS = 1000
_PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "(SELECT")


class Plan(msgspec.Struct):
    """A node of a plan, as PostgreSQL names its fields, with what it is fed by."""

    node: str = msgspec.field(name="Node Type")
    table: str = msgspec.field(name="Relation Name", default="")
    parts: "list[Plan]" = msgspec.field(name="Plans", default_factory=list["Plan"])


class Explained(msgspec.Struct):
    plan: Plan = msgspec.field(name="Plan")


def statements_of(owner: str) -> dict[str, str]:
    """By room and name, those of the platform or of a service that have a plan."""
    return {name: text for name, text in _all_of(owner).items() if _without_comments(text).startswith(_PLANNED)}


def _all_of(owner: str) -> dict[str, str]:
    own = Path("shared") if owner == "platform" else Path("services") / owner
    folders = [folder for folder in sql_folders() if own in folder.parents]
    return {f"{folder.parent.name}.{name}": text for folder in folders for name, text in load(ROOT / folder).items()}


@pytest.mark.parametrize("owner", full_tables.ALL)
async def test_no_statement_reads_a_whole_large_table_but_on_purpose(cluster: Cluster, owner: str) -> None:
    scanned: dict[str, list[str]] = {}
    async with full_database(cluster, owner) as connection:
        large = await _large_tables(connection)
        for statement, text in statements_of(owner).items():
            read = sorted({table for table in _read_whole(await _plan(connection, text)) if table in large})
            if read:
                scanned[statement] = read
    assert large
    assert {statement: read for statement, read in scanned.items() if statement not in WHOLE} == {}


def test_what_may_read_whole_tables_is_there() -> None:
    assert {statement for owner in full_tables.ALL for statement in statements_of(owner)} >= WHOLE


@asynccontextmanager
async def full_database(cluster: Cluster, owner: str) -> AsyncGenerator[DirectConnection]:
    async with cluster.database(f"full_{owner}", MIGRATIONS.get(owner, NO_SERVICE)) as url:
        name = url.rpartition("/")[2]
        server = f"postgresql://{SUPERUSER}:{cluster.password}@{cluster.postgres.address}"
        connection = await connect(f"{server}/{name}", "full")
        try:
            # Without the checks of foreign keys and with small samples it is full in two seconds instead of eight.
            await connection.execute("SET session_replication_role = replica")
            await connection.execute("SET default_statistics_target = 10")
            await connection.execute(full_tables.ALL[owner])
            await connection.execute("ANALYZE")
            for statement in _all_of(owner).values():
                if "CREATE TEMPORARY TABLE" in statement:
                    await connection.execute(statement)
            yield connection
        finally:
            await connection.close()


async def _large_tables(connection: DirectConnection) -> set[str]:
    rows = await connection.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > $1", LARGE_ROWS)
    return {row["relname"] for row in rows}


async def _plan(connection: DirectConnection, statement: str) -> Plan:
    """The plan that a prepared statement has for all values."""
    count = max((int(number) for number in re.findall(r"\$(\d+)", statement)), default=0)
    values = f"({', '.join(['NULL'] * count)})" if count else ""
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE hot AS {statement}")
    try:
        told = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE hot{values}")
    finally:
        await connection.execute("DEALLOCATE hot")
    [explained] = msgspec.json.decode(told, type=list[Explained])
    return explained.plan


def _read_whole(plan: Plan) -> Iterator[str]:
    """The tables that a plan reads from end to end."""
    if plan.node == "Seq Scan":
        yield plan.table
    for part in plan.parts:
        yield from _read_whole(part)


def _without_comments(statement: str) -> str:
    return "\n".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
