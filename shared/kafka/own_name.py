"""The name by which a process consumes, INSTANCE_ID: one process at a time has it.

Two members of one name throw each other out of the group for as long as both live, and Kafka cannot say which of them
does. A lock that belongs to a session of the service's own database can: it ends with the process, however that ends.
"""

import asyncio

from shared.clock import until
from shared.observe.log import Log
from shared.settings import INSTANCE_ID, Settings, SettingsWrong
from shared.storage.db import PASSES, DirectConnection, connect

log = Log(__name__)
_LOCK = 0x4E616D65  # "Name"
_WAIT_S = 3.0  # longer than the database takes to notice that a process was killed
_POLL_S = 0.2
_LOOK_S = 5.0
_RETRY_S = 1.0
_ANSWER_LIMIT_S = 10.0


class OwnName:
    """Consumers wait for `held`. A database that is away is waited for; what consumes already goes on meanwhile."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = asyncio.Event()
        self.held = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Keeps the name until it is stopped. Raises SettingsWrong when another process has it."""
        while not self._stopping.is_set():
            try:
                await self._session()
            except PASSES as error:
                log.warning("name_waits_for_database", error=type(error).__name__)
                await until(self._stopping, seconds=_RETRY_S)

    async def _session(self) -> None:
        """One connection's life."""
        connection = await connect(self._settings.database_url, f"{self._settings.service}-name")
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        try:
            await self._take(connection)
            # Asked now and then, since a connection may be dead without having ended.
            while not await until(self._stopping, lost, seconds=_LOOK_S):
                await connection.fetchval("SELECT true", timeout=_ANSWER_LIMIT_S)
            if not self._stopping.is_set():
                raise ConnectionResetError
        finally:
            connection.terminate()

    async def _take(self, connection: DirectConnection) -> None:
        loop = asyncio.get_running_loop()
        limit = loop.time() + _WAIT_S
        lock = "SELECT pg_try_advisory_lock($1, hashtext($2))"
        while not await connection.fetchval(lock, _LOCK, self._settings.instance, timeout=_ANSWER_LIMIT_S):
            if loop.time() > limit:
                raise SettingsWrong(
                    f"{INSTANCE_ID.name} is {self._settings.instance!r}, and so it is of another process that consumes"
                    f" for {self._settings.service} now: give each a name of its own"
                )
            if await until(self._stopping, seconds=_POLL_S):
                return
        self.held.set()
