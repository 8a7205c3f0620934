"""Money that an older release suspended is where it belongs after all migrations."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from asyncpg import RaiseError

from services.payments.books.store.verification import verify_books
from shared.storage import migrate
from shared.storage.db import Pool, create_pool
from tests.support.cluster import Cluster
from tests.support.payments import MIGRATIONS, first_migrations

OLD_BOOKS = """
INSERT INTO merchants (merchant_id, venue_id, name, bank_bin, account_number, account_name, version)
VALUES ('m', 'v', 'Demo', '970436', '1', 'DEMO', 1);
INSERT INTO intents (intent_id, order_id, merchant_id, venue_id, old_district_code, new_commune_code, status,
                     amount_state, timing, amount_vnd, lines, channel, business_date, expires_at, reference, qr_payload,
                     bank_bin, account_number, account_name, trace_id, opened_at, version)
SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, ('00000000-0000-0000-0000-0000000000a' || n)::uuid, 'm', 'v',
       '', '', 'cancelled', 'over', 'late', 60000, '[]', 'web', now(), now(), 'R' || n, '', '', '1', '', '', now(), 1
  FROM generate_series(1, 2) AS n;
INSERT INTO transfers (transfer_id, merchant_id, account_number, bank_reference, provider, provider_id, amount_vnd,
                       occurred_at, recorded_at, bank_code, memo)
SELECT ('00000000-0000-0000-0000-0000000000f' || n)::uuid, 'm', '1', 'FT' || n, 'sepay', n, amount_vnd, now(), now(),
       '', ''
  FROM (VALUES (1, 20000), (2, 50000), (3, 60000), (4, 9000)) AS heard (n, amount_vnd);
INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)
SELECT ('00000000-0000-0000-0000-0000000000' || source)::uuid, kind, debit, credit, amount_vnd, now()
  FROM (VALUES
    ('f1', 'transfer_allocated', 'bank:m', 'allocated:00000000-0000-0000-0000-000000000001', 20000),
    ('f2', 'transfer_allocated', 'bank:m', 'allocated:00000000-0000-0000-0000-000000000001', 40000),
    ('f2', 'transfer_surplus', 'bank:m', 'suspense:m', 10000),
    ('f3', 'transfer_allocated', 'bank:m', 'allocated:00000000-0000-0000-0000-000000000002', 60000),
    ('f4', 'transfer_suspended', 'bank:m', 'suspense:m', 9000),
    ('01', 'order_unfulfilled', 'allocated:00000000-0000-0000-0000-000000000001', 'suspense:m', 60000),
    ('02', 'order_unfulfilled', 'allocated:00000000-0000-0000-0000-000000000002', 'suspense:m', 60000)
  ) AS booked (source, kind, debit, credit, amount_vnd);
"""
OLD_INSERT = """
INSERT INTO suspense (transfer_id, merchant_id, amount_vnd, reason, at, version)
VALUES (('00000000-0000-0000-0000-0000000000' || $1)::uuid, 'm', $2, $3, now(), 1)
ON CONFLICT (transfer_id) DO UPDATE
   SET amount_vnd = suspense.amount_vnd + excluded.amount_vnd, reason = excluded.reason, version = suspense.version + 1
"""


@asynccontextmanager
async def books_of_before(cluster: Cluster, folder: Path, migrations: int) -> AsyncGenerator[tuple[str, Pool]]:
    """A database as an older release left it, with its address."""
    name = f"money_{uuid4().hex[:8]}"
    cluster.create_database(name)
    url = cluster.postgres_url(name)
    await migrate.migrate(url, first_migrations(folder, migrations))
    pool = await create_pool(url, "money", 2)
    await pool.execute(OLD_BOOKS)
    yield url, pool
    await pool.close()
    cluster.drop_database(name)


async def test_money_suspended_by_the_code_of_before_stands_under_each_transfer_and_reason(
    cluster: Cluster, tmp_path: Path
) -> None:
    async with books_of_before(cluster, tmp_path, 1) as (url, pool):
        await suspend_as_before(pool, ("f2", 10_000, "surplus"), ("f2", 60_000, "late_no_places"))
        await suspend_as_before(pool, ("f3", 60_000, "late_no_places"), ("f4", 9_000, "no_reference"))
        await migrate.migrate(url, first_migrations(tmp_path, 2))
        # The old code may still run for a moment.
        await suspend_as_before(pool, ("f4", 1_000, "surplus"), ("f4", 500, "late_no_places"))

        await migrate.migrate(url, MIGRATIONS)

        rows = await pool.fetch("SELECT right(transfer_id::text, 2), reason, amount_vnd FROM suspended_money")
    assert {tuple(row) for row in rows} == {
        ("f1", "late_no_places", 20_000),
        ("f2", "late_no_places", 40_000),
        ("f2", "surplus", 10_000),
        ("f3", "late_no_places", 60_000),
        ("f4", "no_reference", 9_000),
        ("f4", "surplus", 1_000),
        ("f4", "late_no_places", 500),
    }


async def test_books_of_before_hold_in_every_rule_after_all_migrations(cluster: Cluster, tmp_path: Path) -> None:
    async with books_of_before(cluster, tmp_path, 1) as (url, pool):
        await suspend_as_before(pool, ("f2", 10_000, "surplus"), ("f2", 60_000, "late_no_places"))
        await suspend_as_before(pool, ("f3", 60_000, "late_no_places"), ("f4", 9_000, "no_reference"))

        await migrate.migrate(url, MIGRATIONS)

        assert [finding for finding in await verify_books(pool) if not finding.ok] == []


async def test_suspense_is_not_dropped_while_it_holds_money_that_stands_nowhere_else(
    cluster: Cluster, tmp_path: Path
) -> None:
    async with books_of_before(cluster, tmp_path, 2) as (url, pool):
        await suspend_as_before(pool, ("f4", 9_000, "no_reference"))
        await pool.execute("DELETE FROM suspended_money")

        with pytest.raises(RaiseError, match="suspense holds money"):
            await migrate.migrate(url, MIGRATIONS)

        assert await pool.fetchval("SELECT sum(amount_vnd) FROM suspense") == 9_000


async def suspend_as_before(pool: Pool, *money: tuple[str, int, str]) -> None:
    for transfer, amount_vnd, reason in money:
        await pool.execute(OLD_INSERT, transfer, amount_vnd, reason)
