"""Waking whoever waits for a commit: at once in this process, by one NOTIFY per 5 ms in the others.

Never NOTIFY inside a business transaction: it serialises commits over the whole cluster.
"""

import asyncio
from collections.abc import Callable

from shared.clock import until
from shared.observe.log import Log
from shared.storage.db import PASSES, DirectConnection, connect

log = Log(__name__)
_CHANNEL = "wake"
_PAUSE_S = 0.005


class Waker:
    """One per process. `solo` says that all roles run in this process, so that nobody else need be told."""

    def __init__(self, database_url: str, *, solo: bool) -> None:
        self._url = database_url
        self._solo = solo
        self._listeners: list[asyncio.Event] = []
        self._pending = asyncio.Event()

    def listen(self) -> asyncio.Event:
        """An event that is set whenever something was committed; whoever waits for it clears it."""
        event = asyncio.Event()
        self._listeners.append(event)
        return event

    def wake(self) -> None:
        for event in self._listeners:
            event.set()
        if not self._solo:
            self._pending.set()

    async def run(self) -> None:
        """Carries wake-ups between processes for as long as it runs; polling covers what it misses."""
        while True:
            try:
                await self._carry()
            except PASSES as error:
                log.warning("waker_lost_database", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _carry(self) -> None:
        connection = await connect(self._url, "waker")
        lost = asyncio.Event()
        connection.add_termination_listener(_setter(lost))
        try:
            own = connection.get_server_pid()
            await connection.add_listener(_CHANNEL, _hearer(own, self._listeners))
            while not lost.is_set():
                await until(self._pending, lost)
                if self._pending.is_set() and not lost.is_set():
                    self._pending.clear()
                    await connection.execute(f"NOTIFY {_CHANNEL}")
                    await asyncio.sleep(_PAUSE_S)
            raise ConnectionResetError
        finally:
            connection.terminate()


def _setter(event: asyncio.Event) -> Callable[[object], None]:
    return lambda _connection: event.set()


def _hearer(own_pid: int, listeners: list[asyncio.Event]) -> Callable[..., None]:
    def hear(_connection: DirectConnection, pid: int, _channel: str, _payload: object) -> None:
        if pid != own_pid:
            for event in listeners:
                event.set()

    return hear
