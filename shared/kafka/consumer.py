"""Reads one topic and hands what it polls to its handler, all together: in order within each partition.

Here, and nowhere else, it is decided whether to try again or to put a message aside. No message ends it.
"""

import asyncio
from collections.abc import Generator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from itertools import chain
from typing import Literal

from aiokafka import TopicPartition

from shared.kafka.breaker import Breaker
from shared.kafka.dead_letters import DeadLetters, Handler
from shared.kafka.faults import Fault, fault_of
from shared.kafka.group import Done, Group, open_group
from shared.kafka.message import Message
from shared.kafka.patience import Patience
from shared.kafka.pausing import Pause, Pausing
from shared.kafka.reader import Polled, Reader
from shared.observe.health import Health
from shared.observe.log import Log
from shared.settings import Settings
from shared.storage.db import PASSES

log = Log(__name__)
Tried = Literal["done", "failed", "waits"]
_SIDE_BY_SIDE = 8
# So few are tried one by one: to halve them further would cost as many transactions.
_FEW = 8
_ATTEMPTS = 3
# From then on a person can have a message passed over that the database seems to be away for.
_TOLD_FROM = 5
_LONGEST_PASS_S = 5.0
# Where several came together more will soon, and each poll saved is worth more than so short a wait.
_GATHER_S = 0.008


class Consumer:
    """One member of the service's consumer group, for one topic. `stop` lets it finish its batch."""

    def __init__(
        self, settings: Settings, topic: str, handler: Handler, dead_letters: DeadLetters, health: Health
    ) -> None:
        self.topic = topic
        self.handler = handler
        self._settings = settings
        self._prefix = settings.topic_prefix
        self._dead_letters = dead_letters
        self._health = health.reader(topic)
        self._reader = Reader(self._open, self._work_off, self._health)
        self._done: Done = {}
        self._breaker = Breaker()
        unit = dead_letters.unit
        self._pausing = Pausing(unit.pool, unit.clock, self._health, self._reader.stopping)
        self._side_by_side = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._waiting = 0

    async def run(self) -> None:
        """Consumes until it is stopped, through any loss of database or broker."""
        await self._reader.run()

    def stop(self) -> None:
        self._reader.stop()

    def _open(self, patience: Patience) -> AbstractAsyncContextManager[Group]:
        return open_group(self._settings, self.topic, self._done, patience)

    async def _work_off(self, polled: Polled) -> None:
        """All that was polled in one transaction; if that fails, partitions side by side, each in its order."""
        messages = {
            partition: [Message.of(record, self._prefix) for record in records] for partition, records in polled.items()
        }
        whole = list(chain.from_iterable(messages.values()))
        # One by itself need not be tried twice.
        tried = await self._try(whole) if len(whole) > 1 else "failed"
        if tried == "done":
            for partition, some in messages.items():
                self._pass(partition, some[-1])
            await asyncio.sleep(_GATHER_S)
            return
        async with asyncio.TaskGroup() as group:
            for partition, some in messages.items():
                group.create_task(self._work_off_partition(partition, some, tried))

    async def _work_off_partition(self, partition: TopicPartition, messages: Sequence[Message], tried: Tried) -> None:
        async with self._side_by_side:
            left = await self._without_unreadable(messages) if len(messages) > 1 and tried == "failed" else messages
            if await self._in_order(partition, left, tried):
                self._pass(partition, messages[-1])

    async def _in_order(self, partition: TopicPartition, messages: Sequence[Message], tried: Tried) -> bool:
        """In halves, so that who stands in the way of many is soon found. False if we must stop before the last.

        tried: what became of these together with others. What has to wait is not looked for by trying less of it.
        """
        if tried == "waits" or len(messages) <= _FEW:
            for message in messages:
                if not await self._alone(message):
                    return False
                self._pass(partition, message)
            return True
        middle = len(messages) // 2
        for half in (messages[:middle], messages[middle:]):
            tried = await self._try(half)
            if tried == "done":
                self._pass(partition, half[-1])
            elif not await self._in_order(partition, half, tried):
                return False
        return True

    async def _try(self, messages: Sequence[Message]) -> Tried:
        """All of them in one transaction. Who stands in the way, and why, shows when fewer are tried."""
        await self._pausing.let_pass()
        try:
            await self.handler(messages)
        except PASSES as error:
            log.warning("batch_waits", messages=len(messages), error=type(error).__name__)
            return "waits"
        except Exception as error:
            log.warning("batch_failed", messages=len(messages), error=type(error).__name__)
            return "failed"
        return "done"

    async def _without_unreadable(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Those that are left when what nobody can read is put aside, all of it in one transaction."""
        unreadable = self.handler.unreadable(messages)
        # When so many are broken that we pause, each is counted by itself.
        broken = [fault.reason for _, fault in unreadable if fault.is_broken]
        if not unreadable or not self._breaker.count_all(broken):
            return messages
        try:
            await self._dead_letters.put(unreadable)
        except Exception as error:
            log.warning("not_put_aside_together", messages=len(unreadable), error=type(error).__name__)
            return messages
        gone = {message.offset for message, _ in unreadable}
        return [message for message in messages if message.offset not in gone]

    def _pass(self, partition: TopicPartition, message: Message) -> None:
        """All up to this one is handled or put aside."""
        self._done[partition] = message.offset + 1
        self._health.progressed()

    async def _alone(self, message: Message) -> bool:
        await self._pausing.let_pass()
        pause = Pause(self._pausing, message)
        try:
            return await self._settle(message, pause)
        finally:
            await pause.end()

    async def _settle(self, message: Message, pause: Pause) -> bool:
        """True once the message is handled or put aside; False if we must stop before that."""
        attempts = passes = 0
        while True:
            try:
                await self.handler([message])
                return True
            except PASSES as error:
                # What time heals: the handler is asked again for as long as it takes.
                passes += 1
                if await self._outwait(error, passes, pause):
                    return await self._put_aside(message, Fault("passed_over", type(error).__name__, is_broken=False))
                if self._reader.stopping.is_set():
                    return False
                continue
            except Exception as error:
                fault = fault_of(error)
                log.warning("fault", reason=fault.reason, detail=fault.detail, with_trace=fault.is_mistake)
            attempts += 1
            if fault.is_mistake and attempts < _ATTEMPTS:
                await self._reader.pause(0.2 * attempts)
                continue
            seconds = self._breaker.count(fault.reason) if fault.is_broken else 0.0
            if seconds and await pause.wait(fault.reason, fault.detail, seconds) != "pass_over":
                if self._reader.stopping.is_set():
                    return False
                attempts = 0
                continue
            return await self._put_aside(message, fault)

    async def _put_aside(self, message: Message, fault: Fault) -> bool:
        """Whole if it can be, else by its place; True when that is done, False if we must stop before."""
        passes = 0
        while not self._reader.stopping.is_set():
            passes += 1
            try:
                await self._dead_letters.put([(message, fault)])
                return True
            except PASSES as error:
                await self._wait_for_infrastructure(error, passes)
            except Exception as error:
                log.error("not_put_aside", place=message.place, error=type(error).__name__, with_trace=True)
                if message == message.bare():
                    # Not even its place: something is wrong with our tables, and skipping would lose it.
                    await self._wait_for_infrastructure(error, passes)
                message = message.bare()
        return False

    async def _outwait(self, error: BaseException, passes: int, pause: Pause) -> bool:
        """Waits for what passes; True if a person says that this message shall not be waited for."""
        if passes < _TOLD_FROM:
            await self._wait_for_infrastructure(error, passes)
            return False
        with self._waits(error, passes):
            order = await pause.wait("waiting", type(error).__name__, _pass_s(passes), alone=True)
        return order == "pass_over"

    async def _wait_for_infrastructure(self, error: BaseException, passes: int) -> None:
        with self._waits(error, passes):
            await self._reader.pause(_pass_s(passes))

    @contextmanager
    def _waits(self, error: BaseException, passes: int) -> Generator[None]:
        """Says so meanwhile; partitions wait side by side."""
        log.warning("waiting_for_infrastructure", error=type(error).__name__, passes=passes)
        self._waiting += 1
        self._health.waits_for_infrastructure = True
        try:
            yield
        finally:
            self._waiting -= 1
            self._health.waits_for_infrastructure = self._waiting > 0


def _pass_s(passes: int) -> float:
    """Seconds until the handler is asked again: longer each time, at most five."""
    return min(0.1 * 2.0 ** min(passes, 6), _LONGEST_PASS_S)
