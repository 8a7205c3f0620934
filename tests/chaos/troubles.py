"""What may befall PostgreSQL for a while, short of losing what it has: each as a context, over when it ends."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypeAlias

from deploy.databases import SUPERUSER
from shared.storage.db import COLLIDED, DirectConnection, connect
from tests.support.real_system import RealSystem

Trouble: TypeAlias = Callable[[RealSystem], AbstractAsyncContextManager[None]]
_OURS = "application_name NOT IN ('psql', 'trouble') AND pid <> pg_backend_pid()"


@asynccontextmanager
async def read_only(system: RealSystem) -> AsyncGenerator[None]:
    """For whoever is connected too, as a server that awaits its promotion."""
    async with _connected(system, SUPERUSER) as server:
        await server.execute("SET default_transaction_read_only = off")
        await server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await server.fetchval("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            await server.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await server.fetchval("SELECT pg_reload_conf()")


@asynccontextmanager
async def locked(system: RealSystem) -> AsyncGenerator[None]:
    """The tables through which all that is said and heard must go, in every service."""
    async with AsyncExitStack() as held:
        for service in system.http_ports:
            database = await held.enter_async_context(_connected(system, service))
            await held.enter_async_context(database.transaction())
            await _lock(database)
        yield


async def _lock(database: DirectConnection) -> None:
    """A service that holds one of them already may wait for another; then it is asked again."""
    while True:
        try:
            async with database.transaction():
                await database.execute("LOCK TABLE changes, outbox, unsent, inbox IN ACCESS EXCLUSIVE MODE")
                return
        except COLLIDED:
            continue


@asynccontextmanager
async def emptied_again_and_again(system: RealSystem) -> AsyncGenerator[None]:
    """Every session ends, and so does each that follows."""
    ending = asyncio.create_task(_end_sessions(system))
    try:
        yield
    finally:
        ending.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ending


async def _end_sessions(system: RealSystem) -> None:
    async with _connected(system, SUPERUSER) as server:
        while True:
            await server.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")
            await asyncio.sleep(0.1)


@asynccontextmanager
async def restarted(system: RealSystem) -> AsyncGenerator[None]:
    """In good order; the supervisor starts it again."""
    pid = system.pid("postgres")
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    yield


@asynccontextmanager
async def migrated(system: RealSystem) -> AsyncGenerator[None]:
    """Every table gets a column under whoever reads it, and loses it again."""
    await _change_tables(system, "ADD COLUMN later text")
    yield
    await _change_tables(system, "DROP COLUMN later")


async def _change_tables(system: RealSystem, change: str) -> None:
    for service in system.http_ports:
        async with _connected(system, service) as database:
            for row in await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                await database.execute(f'ALTER TABLE "{row["tablename"]}" {change}')


@asynccontextmanager
async def _connected(system: RealSystem, database: str) -> AsyncGenerator[DirectConnection]:
    cluster = system.cluster()
    url = f"postgresql://{SUPERUSER}:{cluster.password}@{cluster.postgres.address}/{database}"
    connection = await connect(url, "trouble")
    try:
        yield connection
    finally:
        await connection.close()
