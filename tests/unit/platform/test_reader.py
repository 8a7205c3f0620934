"""A reader's life, with sources of the test's own: Kafka cannot be told to fall silent."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from shared.kafka import reader
from shared.kafka.patience import Patience
from shared.kafka.reader import Doubt, Polled, Reader, Stopped
from shared.observe.health import Health
from shared.storage.db import PASSES, Pool
from tests.support.waiting import until

SOMETHING: Polled = {TopicPartition("topic", 0): []}
NOTHING: Polled = {}

Answer = Polled | BaseException


class Answering:
    """Stands for a database that answers."""

    async def fetchval(self, _statement: str) -> bool:
        return True


class Log:
    """A source that answers as it is told, in one life after the other; then, and for ever, nothing comes."""

    def __init__(self, *answers: Answer, behind: Callable[[], int] = lambda: 0) -> None:
        self.answers = list(answers)
        self.count_behind = behind
        self.health = Health(cast("Pool", Answering()))
        self.reader = Reader(self.open, self.work, self.health.reader("topic"), self.note_behind)
        self.opened = self.left_well = self.closed = self.worked = self.polled = 0
        self.noted: list[int] = []

    @asynccontextmanager
    async def open(self, _patience: Patience) -> AsyncGenerator["Log"]:
        self.opened += 1
        try:
            yield self
            self.left_well += 1
        finally:
            self.closed += 1

    async def poll(self, *, carefully: bool) -> Polled:
        self.polled += 1
        answer = self.answers.pop(0) if self.answers else NOTHING
        if isinstance(answer, BaseException):
            raise answer
        await asyncio.sleep(0)
        return answer

    async def behind(self) -> Mapping[str, int]:
        return {"topic": self.count_behind()}

    async def work(self, _batch: Polled) -> None:
        self.worked += 1

    async def note_behind(self, behind: int) -> None:
        self.noted.append(behind)


@asynccontextmanager
async def read(*logs: Log) -> AsyncGenerator[None]:
    tasks = [asyncio.create_task(log.reader.run()) for log in logs]
    yield
    for log in logs:
        log.reader.stop()
    await asyncio.gather(*tasks)


class Ticking:
    """A second passes whenever the time is asked for, so that no test depends on the machine's speed."""

    def __init__(self) -> None:
        self._seconds = itertools.count()

    def monotonic(self) -> float:
        return float(next(self._seconds))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "time", Ticking())
    monkeypatch.setattr(reader, "_REST_S", 0.001)
    monkeypatch.setattr(reader, "_FIRST_PAUSE_S", 0.001)


@pytest.mark.usefixtures("quick")
async def test_whatever_passes_makes_a_new_source_that_goes_on() -> None:
    kinds: list[type[BaseException]] = [KafkaConnectionError, Doubt, *PASSES]
    log = Log(*(answer for kind in kinds for answer in (SOMETHING, kind("told to"))), SOMETHING)

    async def is_over() -> bool:
        return log.worked == len(kinds) + 1

    async with read(log):
        await until(is_over)
    assert (log.opened, log.closed, log.left_well) == (len(kinds) + 1, len(kinds) + 1, 1)


@pytest.mark.usefixtures("quick")
async def test_a_source_that_gets_nothing_although_there_is_something_is_replaced() -> None:
    log = Log(behind=lambda: 1)

    async def is_replaced() -> bool:
        return log.opened > 2

    async with read(log):
        await until(is_replaced)


@pytest.mark.usefixtures("quick")
async def test_a_source_that_gets_nothing_because_there_is_nothing_is_not_replaced() -> None:
    # What was written this moment is behind at one look and read before the next.
    counts = itertools.count()
    log = Log(behind=lambda: next(counts) % 2)

    async def has_polled_for_long() -> bool:
        return log.polled > 1000

    async with read(log):
        await until(has_polled_for_long)
    assert log.opened == 1
    assert set(log.noted) == {0, 1}


@pytest.mark.usefixtures("quick")
async def test_how_far_behind_it_is_stands_in_its_health() -> None:
    log = Log(*[SOMETHING] * 10**4, behind=lambda: 7)

    async def is_told() -> bool:
        return (await told(log))["lag_events"] == 7

    async with read(log):
        await until(is_told)


@pytest.mark.parametrize("fault", [Stopped("reason", "detail"), RuntimeError("a mistake")])
async def test_what_a_person_must_mend_is_said_and_tried_again_with_growing_pauses(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    pauses: list[float] = []
    # What a poll raises may lie in the bytes it got: the first time the next source is only polled carefully.
    log = Log(*[fault] * (8 if isinstance(fault, Stopped) else 9), SOMETHING)

    async def pause(seconds: float) -> bool:
        pauses.append(seconds)
        ready, answer = await log.health.ready()
        assert not ready
        assert answer["stopped"] == ("topic: reason" if isinstance(fault, Stopped) else "topic: unexpected")
        return False

    monkeypatch.setattr(log.reader, "pause", pause)

    async def goes_on() -> bool:
        return log.worked == 1 and not (await told(log))["stopped"]

    async with read(log):
        await until(goes_on)
    assert pauses == [5, 10, 20, 40, 80, 160, 240, 240]
    assert log.opened == log.closed
    assert log.left_well == 1


async def test_told_to_stop_it_finishes_its_batch_and_leaves_its_source_in_good_order() -> None:
    log = Log(SOMETHING)

    async def stop_meanwhile(_batch: Polled) -> None:
        log.reader.stop()
        await asyncio.sleep(0)
        log.worked += 1

    log.reader = Reader(log.open, stop_meanwhile, log.health.reader("topic"))
    async with asyncio.timeout(60):
        await log.reader.run()
    assert (log.worked, log.polled, log.left_well, log.closed) == (1, 1, 1, 1)


async def told(log: Log) -> Mapping[str, object]:
    return (await log.health.ready())[1]
