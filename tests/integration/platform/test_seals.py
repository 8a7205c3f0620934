"""Each row that must never change is sealed a minute after it was written, and a change by anybody is found."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import pytest

from services.payments.books.store.postings import POSTINGS
from shared.clock import utc_now
from shared.storage.db import Pool, connect, create_pool
from shared.unit import audit
from shared.unit.seals import AUDIT, Sealed, seal, verify_seals
from tests.support.cluster import MIGRATIONS, Cluster

MINUTE = timedelta(seconds=61)
_POSTING = (
    "INSERT INTO postings (source_id, kind, debit, credit, amount_vnd, at)"
    " VALUES (gen_random_uuid(), 'paid', 'bank:1', 'allocated:1', 5, $1)"
)
ALL = pytest.mark.parametrize("sealed", [AUDIT, POSTINGS], ids=["audit", "postings"])


@dataclass(slots=True)
class Books:
    pool: Pool
    now: datetime

    async def write(self, sealed: Sealed, rows: int) -> None:
        async with self.pool.acquire() as connection:
            for _ in range(rows):
                if sealed is AUDIT:
                    await audit.note(connection, self.now, None, "signed_in", "nobody", tries=2)
                else:
                    await connection.execute(_POSTING, self.now)

    async def seal(self, sealed: Sealed) -> int:
        """The number of seals after one more turn of the timer."""
        await seal(self.pool, lambda: self.now, sealed)
        return int(await self.pool.fetchval("SELECT count(*) FROM seals WHERE sealed = $1", sealed.table))

    async def broken(self, sealed: Sealed) -> int:
        async with self.pool.acquire() as connection:
            finding = await verify_seals(connection, sealed)
        assert finding.ok == (finding.detail["broken"] == 0)
        return int(finding.detail["broken"])


@pytest.fixture
async def books(cluster: Cluster) -> AsyncIterator[Books]:
    async with cluster.database("seals", MIGRATIONS["payments"]) as url:
        pool = await create_pool(url, "payments", 4)
        yield Books(pool, utc_now())
        await pool.close()


@ALL
async def test_rows_are_sealed_once_they_are_a_minute_old_each_seal_over_the_last(books: Books, sealed: Sealed) -> None:
    assert await books.seal(sealed) == 0
    await books.write(sealed, 3)
    assert await books.seal(sealed) == 0
    books.now += MINUTE
    await books.write(sealed, 2)
    assert [await books.seal(sealed) for _ in range(2)] == [1, 1]
    books.now += MINUTE
    assert await books.seal(sealed) == 2
    rows = await books.pool.fetch("SELECT after_id, up_to FROM seals WHERE sealed = $1 ORDER BY up_to", sealed.table)
    assert [tuple(row) for row in rows] == [(0, 3), (3, 5)]
    assert await books.broken(sealed) == 0


async def test_of_two_that_seal_the_trail_at_once_one_does(books: Books) -> None:
    for turn in range(1, 6):
        await books.write(AUDIT, 2)
        books.now += MINUTE
        assert max(await asyncio.gather(*(books.seal(AUDIT) for _ in range(4)))) == turn
    assert await books.broken(AUDIT) == 0


@ALL
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {table} SET at = at + interval '1 microsecond' WHERE {key} = 2",
        "DELETE FROM {table} WHERE {key} = 4",
        "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT -1{rest} FROM {table} WHERE {key} = 1",
        "DELETE FROM {table}",
        "DELETE FROM seals WHERE after_id = 0",
        "UPDATE seals SET hash = sha256('mine') WHERE after_id = 0",
    ],
    ids=["changed", "removed", "added before all", "emptied", "a seal removed", "a seal made up"],
)
async def test_a_row_that_somebody_with_all_rights_changed_is_found(books: Books, sealed: Sealed, change: str) -> None:
    for _ in range(2):
        await books.write(sealed, 3)
        books.now += MINUTE
        await books.seal(sealed)
    key, names = (
        ("id", "id, at, action, subject")
        if sealed is AUDIT
        else (
            "posting_id",
            "posting_id, source_id, kind, debit, credit, amount_vnd, at",
        )
    )
    rest = names.removeprefix(key)
    # The owner of the tests' databases may do here what in the field only the superuser may.
    await books.pool.execute(f"ALTER TABLE {sealed.table} DISABLE TRIGGER USER; ALTER TABLE seals DISABLE TRIGGER USER")
    await books.pool.execute(change.format(table=sealed.table, key=key, names=names, rest=rest))
    assert await books.broken(sealed) >= 1


@ALL
async def test_whoever_still_writes_for_longer_than_a_minute_is_waited_for(
    books: Books, sealed: Sealed, cluster: Cluster
) -> None:
    await books.write(sealed, 1)
    name = await books.pool.fetchval("SELECT current_database()")
    slow = await connect(cluster.postgres_url(name), "slow")
    writing = slow.transaction()
    await writing.start()
    await slow.execute("INSERT INTO inbox (ce_id) VALUES ('slow')")
    books.now = utc_now() + MINUTE
    assert await books.seal(sealed) == 0
    await writing.rollback()
    await slow.close()
    assert await books.seal(sealed) == 1


@pytest.mark.parametrize("table", ["audit", "postings", "seals"])
async def test_what_is_kept_for_ever_is_not_emptied_even_by_its_owner(books: Books, table: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="append-only"):
        await books.pool.execute(f"TRUNCATE {table}")
