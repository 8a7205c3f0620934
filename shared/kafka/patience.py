"""Waiting for Kafka with a bound, and stopping aiokafka's objects for sure, whose own stop() may hang or fail."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.observe.log import Log

log = Log(__name__)
# A broker that is there answers in milliseconds, and whoever stops us gives us few seconds for everything.
_LAST_CALL_S = 1.0
_CLOSING_S = 5.0


class Patience:
    """How long a part waits for Kafka's answers: as long as it says, but hardly at all once it has to end.

    One call at a time. What is cut short must be something that is done again after the next start.
    """

    def __init__(self) -> None:
        self._current: asyncio.Timeout | None = None
        self._is_over = False

    def end(self) -> None:
        """Cuts the call short that is waiting now, and those to come."""
        self._is_over = True
        if self._current is not None and not self._current.expired():
            self._current.reschedule(asyncio.get_running_loop().time() + _LAST_CALL_S)

    @property
    def is_over(self) -> bool:
        """Whether the part has to end, not only this client of it."""
        return self._is_over

    @property
    def closing_s(self) -> float:
        """How long saying goodbye to Kafka may take."""
        return _LAST_CALL_S if self._is_over else _CLOSING_S

    @asynccontextmanager
    async def wait(self, limit_s: float | None = None) -> AsyncGenerator[None]:
        """Raises TimeoutError when the calls within take too long; without a limit of ours they have their own."""
        async with asyncio.timeout(_LAST_CALL_S if self._is_over else limit_s) as call:
            self._current = call
            try:
                yield
            finally:
                self._current = None


async def stop_within(part: AIOKafkaProducer | AIOKafkaConsumer, limit_s: float) -> bool:
    """Stops an aiokafka object, whose own stop() may hang or fail while the broker is away; whether it did neither.

    In a task of its own: a consumer's stop() has been seen to raise CancelledError although nobody cancelled it.
    """
    if await _ends(part.stop(), limit_s):
        return True
    log.warning("stop_failed", part=type(part).__name__)
    client: object = getattr(part, "client", None) or getattr(part, "_client", None)
    close: Callable[[], Coroutine[Any, Any, None]] | None = getattr(client, "close", None)
    if close is not None:
        await _ends(close(), limit_s)
    return False


async def _ends(work: Coroutine[Any, Any, None], limit_s: float) -> bool:
    """Whether the work came to a good end in time."""
    task = asyncio.create_task(work)
    await asyncio.wait([task], timeout=limit_s)
    if not task.done():
        task.cancel()
        return False
    return not task.cancelled() and task.exception() is None
