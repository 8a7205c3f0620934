"""The life of whoever reads Kafka: it is replaced when in doubt, tells how far behind it is, and ends in good order.

It knows neither how a source finds its place nor what is done with a batch.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.clock import until
from shared.kafka.message import Unreadable
from shared.kafka.patience import Patience
from shared.kafka.unreadable import is_unreadable
from shared.observe.health import ReaderHealth
from shared.observe.log import Log
from shared.observe.metrics import CONSUMER_LAG, CONSUMERS_REPLACED
from shared.storage.db import PASSES

log = Log(__name__)
_LOOK_S = 2.0
_SILENCE_S = 10.0
_REST_S = 1.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5.0, 240.0
# After one that cannot be decoded the next such is near: a new source for each would take a second.
_CAREFUL_POLLS = 20

Polled: TypeAlias = Mapping[TopicPartition, Sequence[ConsumerRecord]]
Work: TypeAlias = Callable[[Polled], Awaitable[None]]
NoteBehind: TypeAlias = Callable[[int], Awaitable[None]]


class Doubt(Exception):
    """This source may be wrong: a new one goes on from what is kept."""


class Silent(Doubt):
    """The source got nothing although there is something to get."""


class Stopped(Exception):
    """Going on would be wrong, most likely until a person came: it is tried again with growing pauses all the same."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class _NotDecoded(Exception):
    """A poll raised for the bytes that it got."""


class Source(Protocol):
    """What a reader polls in one of its lives; it begins where the last one's work was kept."""

    async def poll(self, *, carefully: bool) -> Polled:
        """What came within half a second, in order within each partition.

        carefully: with an Unreadable in the place of each record that cannot be decoded, at some cost.
        """
        ...

    async def behind(self) -> Mapping[str, int]:
        """Events that the log holds beyond what was polled, by topic; asked of the broker."""
        ...


# Left without an error, a source keeps what is done; it is stopped in any case.
Open: TypeAlias = Callable[[Patience], AbstractAsyncContextManager[Source]]
_IN_DOUBT: tuple[type[BaseException], ...] = (KafkaError, Doubt, *PASSES)


async def _note_nothing(_behind: int) -> None:
    """For those who keep no account of how far behind they are."""


class Reader:
    """Opens a source, works off what it polls, and opens another when in doubt. `stop` lets it finish its batch."""

    def __init__(
        self, open_source: Open, work: Work, health: ReaderHealth, note_behind: NoteBehind = _note_nothing
    ) -> None:
        self._open = open_source
        self._work = work
        self._health = health
        self._note_behind = note_behind
        self._patience = Patience()
        self._stopped_in_a_row = 0
        self._careful_polls = 0
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        self.stopping.set()
        self._patience.end()

    async def pause(self, seconds: float) -> bool:
        """Waits; whether we were told to stop meanwhile."""
        return await until(self.stopping, seconds=seconds)

    async def run(self) -> None:
        """Reads until it is stopped, through any loss of database or broker."""
        self._health.progressed()
        while not self.stopping.is_set():
            try:
                await self._live()
            except Stopped as stopped:
                await self._stay_stopped(stopped)
            except _IN_DOUBT as error:
                if self.stopping.is_set():
                    log.info("stopped_before_an_answer", error=type(error).__name__)
                    return
                log.warning("reader_replaced", reader=self._health.name, error=type(error).__name__)
                CONSUMERS_REPLACED.inc()
                await self.pause(_REST_S)
            except _NotDecoded as error:
                # What was polled beside it is lost to this source. The next begins at what is kept.
                log.warning("reader_careful", reader=self._health.name, error=repr(error.__cause__)[:200])
                self._careful_polls = _CAREFUL_POLLS
            except Exception as error:  # an own mistake, or what a library makes of odd bytes, shall end no process
                log.error("reader_broken", reader=self._health.name, error=type(error).__name__, with_trace=True)
                CONSUMERS_REPLACED.inc()
                await self._stay_stopped(Stopped("unexpected", type(error).__name__))

    async def _stay_stopped(self, stopped: Stopped) -> None:
        """Says why nothing goes on, and waits: longer each time, until a batch was worked off."""
        seconds = min(_FIRST_PAUSE_S * 2.0**self._stopped_in_a_row, _LONGEST_PAUSE_S)
        self._stopped_in_a_row += 1
        reason, detail = stopped.reason, stopped.detail
        log.error("reader_stopped", reader=self._health.name, reason=reason, detail=detail, next_try_in_s=seconds)
        self._health.stopped = reason
        await self.pause(seconds)

    async def _live(self) -> None:
        """The life of one source."""
        async with self._open(self._patience) as source:
            fed_at, looked_at = time.monotonic(), 0.0
            while not self.stopping.is_set():
                batch = await self._poll(source)
                if batch:
                    await self._work(batch)
                self._health.progressed()
                self._health.stopped, self._stopped_in_a_row = "", 0
                now = time.monotonic()
                fed_at = now if batch else fed_at
                if now - looked_at > _LOOK_S:
                    looked_at = now
                    behind = await self._measure(source)
                    fed_at = fed_at if behind else now
                    if now - fed_at > _SILENCE_S:
                        raise Silent
                    await self._note_behind(behind)

    async def _poll(self, source: Source) -> Polled:
        carefully = self._careful_polls > 0
        try:
            polled = await source.poll(carefully=carefully)
        except (Doubt, Stopped):
            raise
        except Exception as error:
            if not carefully and is_unreadable(error):
                raise _NotDecoded from error
            raise
        if carefully:
            met = any(isinstance(record, Unreadable) for records in polled.values() for record in records)
            self._careful_polls = _CAREFUL_POLLS if met else self._careful_polls - 1
        return polled

    async def _measure(self, source: Source) -> int:
        """Events that wait to be polled; told to whoever asks for our health."""
        lags = await source.behind()
        for topic, lag in lags.items():
            CONSUMER_LAG.labels(topic).set(lag)
        behind = sum(lags.values())
        self._health.progressed(behind)
        return behind


async def events_behind(kafka: AIOKafkaConsumer) -> dict[str, int]:
    """Events that the log holds beyond what this consumer polled, by topic of those it reads."""
    # Positions first: a partition that is taken from us while the broker answers would have none any more.
    read = {partition: await kafka.position(partition) for partition in kafka.assignment()}
    ends = await kafka.end_offsets(list(read)) if read else {}
    behind: dict[str, int] = defaultdict(int)
    for partition, end in ends.items():
        behind[partition.topic] += max(end - read[partition], 0)
    return behind
