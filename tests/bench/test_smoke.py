"""Each load of `./run bench` still runs, is exact, and gives its figures; how good they are is the bench's to say."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.process import Program
from tests.bench.__main__ import LOADS
from tests.bench.analytics import measure_analytics
from tests.bench.figures import table
from tests.bench.measure import Pace, measure
from tests.bench.memory import measure_memory
from tests.bench.stored import store
from tests.bench.subject import Subject, subject_of
from tests.bench.updates import measure_updates
from tests.support.real_system import RealSystem

pytestmark = pytest.mark.slow
_SHORT = Pace(load_s=0.3, counted_s=0.1, warm_s=0.05, rest_s=0.05)
_EACH_KIND = [load for load in LOADS if load.name not in ("admission-32", "ticket-10")]


@pytest.fixture
def system(supervised: tuple[RealSystem, Program]) -> RealSystem:
    return supervised[0]


@pytest_asyncio.fixture
async def subject(system: RealSystem) -> AsyncIterator[Subject]:
    async with subject_of(system) as found:
        yield found


async def test_every_load_is_measured_and_exact(subject: Subject) -> None:
    for load in _EACH_KIND:
        figures = await measure(subject, load, _SHORT)

        numbers = {number.name: number.value for figure in figures for number in figure.numbers}
        assert set(load.wanted) <= set(numbers), f"each bound of {load.name} is of a number that is measured"
        assert all(value > 0 for name, value in numbers.items() if name in load.wanted), load.name
        assert "MISSED" in table(figures) or "ok" in table(figures) or load.is_paced, load.name


async def test_stored_orders_are_as_sound_as_bought_ones(subject: Subject) -> None:
    before = await subject.databases["ticketing"].fetchval("SELECT count(*) FROM tickets")

    await store(subject, 250)
    await subject.settled()

    await subject.verified()
    assert await subject.databases["ticketing"].fetchval("SELECT count(*) FROM tickets") >= before + 251


async def test_the_catch_up_of_analytics_is_measured(system: RealSystem) -> None:
    figures = await measure_analytics(system, sales=200, stored=500)
    assert ["620 events" in figure.what for figure in figures] == [True, True]
    assert all("/s, CPU an event " in figure.measured for figure in figures)


async def test_updates_are_counted_by_table(subject: Subject) -> None:
    for figure in await measure_updates(subject, told_after_s=0):
        assert figure.what.startswith("updates of ")
        assert all(0 <= number.value <= 100 for number in figure.numbers)


def test_the_memory_of_every_part_is_known(system: RealSystem) -> None:
    figures = measure_memory(system)
    assert len(figures) == 2 + len(system.members())
    assert all(figure.numbers[0].value > 0 for figure in figures)
