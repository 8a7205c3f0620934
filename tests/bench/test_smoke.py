"""Each measurement of `./run bench` still runs and gives its figures; how good they are is the bench's to say."""

import pytest

from deploy.local.process import Program
from tests.bench.admission import measure_admission
from tests.bench.analytics import measure_analytics
from tests.bench.chain import measure_paid_orders, measure_ticket_latency
from tests.bench.figures import table
from tests.bench.memory import measure_memory
from tests.support.buyers import Gates
from tests.support.gate import VENUE
from tests.support.real_system import RealSystem

pytestmark = pytest.mark.slow


@pytest.fixture
def system(supervised: tuple[RealSystem, Program]) -> RealSystem:
    return supervised[0]


async def test_admissions_are_measured_beside_the_bare_update(system: RealSystem) -> None:
    figure = await measure_admission(system, await Gates.pair(system, [VENUE]), scans=60)
    assert "/s, p50 " in figure.measured
    assert figure.limit.startswith("bare UPDATE ")


async def test_the_way_from_the_bank_to_the_ticket_is_measured(system: RealSystem) -> None:
    figures = await measure_ticket_latency(system, for_s=1, sends=50)
    assert [figure.measured.startswith("p50 ") for figure in figures] == [True, True, False]
    assert "MISSED" in table(figures) or "ok" in table(figures)


async def test_paid_orders_are_counted(system: RealSystem) -> None:
    figure = await measure_paid_orders(system, for_s=1)
    assert int(figure.measured.removesuffix("/s")) > 0


async def test_the_catch_up_of_analytics_is_measured(system: RealSystem) -> None:
    figures = await measure_analytics(system, sales=200, stored=500)
    assert ["620 events" in figure.what for figure in figures] == [True, True]
    assert all("/s, CPU an event " in figure.measured for figure in figures)


def test_the_memory_of_every_part_is_known(system: RealSystem) -> None:
    figures = measure_memory(system)
    assert len(figures) == 2 + len(system.http_ports)
    assert all(int(figure.measured.removesuffix(" MB")) > 0 for figure in figures)
