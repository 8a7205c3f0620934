"""Reads topics and hands each message to its handler: in order within a partition, partitions side by side.

Here, and nowhere else, it is decided whether to try again or to put a message aside.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from aiokafka import ConsumerRecord, TopicPartition

from shared.errors import DomainError, Poison
from shared.kafka.dead_letters import DeadLetters
from shared.kafka.group import Done, Group, open_group
from shared.kafka.message import Message
from shared.kafka.patience import Patience
from shared.kafka.reader import Polled, Reader
from shared.observe.health import Health
from shared.observe.log import Log
from shared.settings import Settings
from shared.storage.db import PASSES

log = Log(__name__)
_SIDE_BY_SIDE = 8
_ATTEMPTS = 3
_DEAD_LETTERS_A_MINUTE = 200

Handle = Callable[[Message], Awaitable[None]]


class Consumer:
    """One member of the service's consumer group. `stop` lets it finish its batch."""

    def __init__(
        self, settings: Settings, topics: Sequence[str], handle: Handle, dead_letters: DeadLetters, health: Health
    ) -> None:
        self.topics = topics
        self.handle = handle
        self._settings = settings
        self._dead_letters = dead_letters
        self._health = health
        self._reader = Reader(self._open, self._work_off, health)
        self._done: Done = {}
        self._put_aside_at: deque[float] = deque(maxlen=_DEAD_LETTERS_A_MINUTE)
        self._side_by_side = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._waiting = 0

    async def run(self) -> None:
        """Consumes until it is stopped, through any loss of database or broker."""
        await self._reader.run()

    def stop(self) -> None:
        self._reader.stop()

    def _open(self, patience: Patience) -> AbstractAsyncContextManager[Group]:
        return open_group(self._settings, self.topics, self._done, patience)

    async def _work_off(self, batch: Polled) -> None:
        async with asyncio.TaskGroup() as group:
            for partition, records in batch.items():
                group.create_task(self._in_order(partition, records))

    async def _in_order(self, partition: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
        async with self._side_by_side:
            for record in records:
                if not await self._settle(Message.of(record, self._settings.topic_prefix)):
                    return
                self._done[partition] = record.offset + 1
                self._health.progressed()

    async def _settle(self, message: Message) -> bool:
        """True once the message is handled or put aside; False if we must stop before that."""
        reason: str | None = None
        attempts = passes = 0
        while not self._health.halted:
            try:
                if reason is None:
                    await self.handle(message)
                else:
                    await self._dead_letters.put(message, reason)
                return True
            except PASSES as error:
                # What time heals: the handler is asked again for as long as it takes.
                passes += 1
                log.warning("waiting_for_infrastructure", error=type(error).__name__, passes=passes)
                if not await self._wait_for_infrastructure(_pass_s(passes)):
                    return False
                continue
            except Poison as error:
                reason = error.reason
                log.warning("poison", reason=reason, detail=error.detail)
            except DomainError as error:
                reason = error.code
            except Exception as error:
                attempts += 1
                log.error("handler_failed", type=message.ce_type, error=type(error).__name__, with_trace=True)
                if reason is not None:
                    raise
                if attempts < _ATTEMPTS:
                    await self._reader.pause(0.2 * attempts)
                    continue
                reason = "unexpected"
            self._count_dead_letter()
        return False

    def _count_dead_letter(self) -> None:
        """Halts when there are too many, so that a bad release cannot drain a topic into the dead letters."""
        now = time.monotonic()
        full = len(self._put_aside_at) == _DEAD_LETTERS_A_MINUTE
        if full and now - self._put_aside_at[0] < 60:
            self._reader.halt("too_many_dead_letters", f"{_DEAD_LETTERS_A_MINUTE} within a minute")
        else:
            self._put_aside_at.append(now)

    async def _wait_for_infrastructure(self, seconds: float) -> bool:
        """False if we were told to stop meanwhile."""
        self._waiting += 1
        self._health.waiting_for_infrastructure = True
        try:
            return not await self._reader.pause(seconds)
        finally:
            self._waiting -= 1
            self._health.waiting_for_infrastructure = self._waiting > 0


def _pass_s(passes: int) -> float:
    """Seconds until the handler is asked again: longer each time, at most five."""
    return min(0.1 * 2.0 ** min(passes, 6), 5.0)
