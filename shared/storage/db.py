"""Connections to PostgreSQL: pools, direct connections, and the one list of errors that pass by themselves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

Record: TypeAlias = asyncpg.Record
# asyncpg's classes take a type parameter in its stubs only.
if TYPE_CHECKING:
    DirectConnection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Acquired: TypeAlias = PoolAcquireContext[asyncpg.Record]
else:
    DirectConnection = asyncpg.Connection
    Connection = asyncpg.Connection | PoolConnectionProxy
    Pool = asyncpg.Pool
    Acquired = PoolAcquireContext

# Away, starting or stopping, or about to end this connection.
AWAY: tuple[type[Exception], ...] = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # said by a pooled connection whose server was killed in mid-statement
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
)
# Two transactions met, or a migration came between a statement and its plan: doing it again at once is the cure.
COLLIDED: tuple[type[Exception], ...] = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
# Something that one statement needs is held by somebody for too long; others may well go on.
HELD_UP: tuple[type[Exception], ...] = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)
# What time heals. Loops go on, doors say "try again later"; anything else is our own mistake.
PASSES: tuple[type[Exception], ...] = (
    *AWAY,
    *COLLIDED,
    *HELD_UP,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, until it is promoted or the address leads elsewhere
)
# What an event or a request says does not fit into a column or an index, and never will.
UNFIT: tuple[type[Exception], ...] = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)

# Whoever waits for a table that a person or a migration has locked keeps others from his connection.
_SESSION = {
    "timezone": "UTC",
    "idle_in_transaction_session_timeout": "30s",
    "statement_timeout": "30s",
    "lock_timeout": "5s",
}
_FREE_WITHIN_S = 5.0


async def connect(url: str, name: str) -> DirectConnection:
    """A connection of its own, for a lock or for listening; never a pooled one.

    The server asks whether a silent one still lives: a machine that is gone must not keep its locks for long.
    """
    keepalives = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
    return await asyncpg.connect(
        url, timeout=5, server_settings={"application_name": name, "timezone": "UTC", **keepalives}
    )


async def create_pool(url: str, name: str, size: int) -> Pool:
    """A pool that opens its connections when they are needed, so that a service starts while PostgreSQL is away."""
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=5,
        command_timeout=30,
        max_inactive_connection_lifetime=60,
        reset=_leave_as_it_is,
        server_settings={"application_name": name, **_SESSION},
    )
    return await pool


def acquire(pool: Pool) -> Acquired:
    """A connection of the pool, for as long as the context lasts; TimeoutError when all are taken and stay so."""
    all_are_taken = not pool.get_idle_size() and pool.get_size() == pool.get_max_size()
    # A limit costs a task each time, so it is set where somebody has to wait.
    return pool.acquire(timeout=_FREE_WITHIN_S if all_are_taken else None)


async def _leave_as_it_is(_connection: Connection) -> None:
    """Nobody changes a pooled session, so the statement by which asyncpg would clean it each time is saved.

    A transaction left open is rolled back by asyncpg before this is asked.
    """


async def answers(pool: Pool, limit_s: float = 1.0) -> bool:
    """Whether the database answers a trivial question in time."""
    try:
        async with asyncio.timeout(limit_s):
            return bool(await pool.fetchval("SELECT true"))
    except PASSES:
        return False
