"""A consumer's pause at one message: said in health, metric, log and a table, and cut short by a person's order."""

import asyncio
from datetime import datetime, timedelta

from shared.clock import Clock, until
from shared.kafka.message import Message
from shared.observe.health import ReaderHealth
from shared.observe.log import Log
from shared.storage.db import PASSES, Pool
from shared.unit import stopped
from shared.unit.stopped import Order, Stopped

log = Log(__name__)
_TELL_EVERY_S = 1.0


class Pausing:
    """Of one consumer. While it pauses at a message because too many are broken, no other partition goes on either."""

    def __init__(self, pool: Pool, clock: Clock, health: ReaderHealth, stopping: asyncio.Event) -> None:
        self.pool = pool
        self.clock = clock
        self.health = health
        self.stopping = stopping
        self._pauses: dict[str, str] = {}
        self._none_pauses = asyncio.Event()
        self._none_pauses.set()

    async def let_pass(self) -> None:
        """Returns at once, or when nothing pauses any more or we are told to stop."""
        if not self._none_pauses.is_set():
            await until(self._none_pauses, self.stopping)

    def note(self, place: str, reason: str) -> None:
        """An empty reason says that this place pauses no more."""
        if reason:
            self._pauses[place] = reason
            self._none_pauses.clear()
        elif self._pauses.pop(place, None) and not self._pauses:
            self._none_pauses.set()
        self.health.stopped = next(iter(self._pauses.values()), "")


class Pause:
    """The pauses at one message. Whoever makes one ends it, which takes back what was said."""

    def __init__(self, pausing: Pausing, message: Message) -> None:
        self._pausing = pausing
        self._message = message
        self._since: datetime | None = None
        self._told: Stopped | None = None

    async def wait(self, reason: str, detail: str, seconds: float, *, alone: bool = False) -> Order | None:
        """Waits so long, or until it is ordered otherwise or told to stop. alone: other partitions go on meanwhile."""
        message, pausing = self._message, self._pausing
        self._since = self._since or pausing.clock()
        where = Stopped(
            topic=message.topic,
            partition=message.partition,
            log_offset=message.offset,
            reason=reason,
            detail=detail,
            since=self._since,
            next_try_at=pausing.clock() + timedelta(seconds=seconds),
        )
        if alone:
            return await self._wait(where, seconds)
        log.error("consumer_stopped", place=message.place, reason=reason, detail=detail, next_try_in_s=seconds)
        pausing.note(message.place, reason)
        try:
            return await self._wait(where, seconds)
        finally:
            pausing.note(message.place, "")
            log.info("consumer_goes_on", place=message.place)

    async def end(self) -> None:
        if self._told is None:
            return
        try:
            await stopped.end(self._pausing.pool, self._told)
        except PASSES as error:
            # Whoever has been silent for a minute counts as gone.
            log.warning("pause_not_taken_back", error=type(error).__name__)

    async def _wait(self, where: Stopped, seconds: float) -> Order | None:
        pausing = self._pausing
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            pausing.health.progressed()
            if (order := await self._tell(where)) is not None:
                log.info("consumer_ordered", order=order, place=self._message.place)
                return order
            left_s = end - loop.time()
            if left_s <= 0 or await until(pausing.stopping, seconds=min(_TELL_EVERY_S, left_s)):
                return None

    async def _tell(self, where: Stopped) -> Order | None:
        pausing = self._pausing
        try:
            say = stopped.begin if self._told is None else stopped.tell
            order = await say(pausing.pool, where, pausing.clock())
        except PASSES as error:
            log.warning("pause_not_told", error=type(error).__name__)
            return None
        self._told = where
        return order
