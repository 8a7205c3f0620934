"""A database that fails as it is told to, with PostgreSQL's own errors: each connection by the code in its name."""

from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.storage.db import PASSES, Pool, create_pool
from tests.support.cluster import Cluster

# Those of the list that PostgreSQL says itself. A plan out of date is no code that a function can raise.
KINDS = [
    kind
    for kind in PASSES
    if issubclass(kind, asyncpg.PostgresError) and kind is not asyncpg.InvalidCachedStatementError
]
CODES = [kind.sqlstate for kind in KINDS]

_SETUP = """
CREATE TABLE illness ();
CREATE FUNCTION well() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    code text := substring(current_setting('application_name') FROM '[0-9A-Z]{5}');
BEGIN
    IF code IS NOT NULL AND EXISTS (SELECT FROM illness) THEN
        PERFORM nextval(format('%I', 'met ' || code));
        RAISE EXCEPTION 'told to' USING ERRCODE = code;
    END IF;
    RETURN true;
END
$$;
"""


@dataclass(slots=True)
class Patient:
    """A database, a pool that never fails, and pools that fail by a code of their own while it is ill."""

    url: str
    pool: Pool
    _stack: AsyncExitStack

    async def pools(self) -> dict[str, Pool]:
        """A pool of one connection for each code."""
        return {code: await self._pool(code) for code in CODES}

    async def fall_ill(self, table: str | None = None) -> None:
        """From now on connections with a code fail at the table, or where they ask whether it is well."""
        if table is not None:
            await self.pool.execute(f"ALTER TABLE {table} RENAME TO {table}_kept")
            await self.pool.execute(f"CREATE VIEW {table} AS SELECT * FROM {table}_kept WHERE (SELECT well())")
        await self.pool.execute("INSERT INTO illness DEFAULT VALUES")

    async def get_well(self) -> None:
        await self.pool.execute("TRUNCATE illness")

    async def every_code_was_met(self) -> bool:
        statement = "SELECT count(*) FROM pg_sequences WHERE sequencename LIKE 'met %' AND last_value IS NOT NULL"
        return int(await self.pool.fetchval(statement)) == len(set(CODES))

    async def _pool(self, name: str) -> Pool:
        pool = await create_pool(self.url, name, 1)
        self._stack.push_async_callback(pool.close)
        return pool


@contextmanager
def away(cluster: Cluster, database: str) -> Generator[None]:
    """Nobody is connected to the database, and nobody gets in."""
    cluster.postgres.query(f'ALTER DATABASE "{database}" CONNECTION LIMIT 0')
    end_sessions(cluster, database)
    yield
    cluster.postgres.query(f'ALTER DATABASE "{database}" CONNECTION LIMIT -1')


@contextmanager
def read_only(cluster: Cluster, database: str) -> Generator[None]:
    """As a standby: whoever is connected, now and after this, is so anew."""
    cluster.postgres.query(f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    end_sessions(cluster, database)
    yield
    cluster.postgres.query(f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
    end_sessions(cluster, database)


def end_sessions(cluster: Cluster, database: str) -> None:
    cluster.postgres.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


@asynccontextmanager
async def open_patient(cluster: Cluster, migrations: Path) -> AsyncGenerator[Patient]:
    async with cluster.database("illness", migrations) as url, AsyncExitStack() as stack:
        pool = await create_pool(url, "doctor", 4)
        stack.push_async_callback(pool.close)
        await pool.execute(_SETUP + "".join(f'CREATE SEQUENCE "met {code}";' for code in sorted(set(CODES))))
        yield Patient(url, pool, stack)
