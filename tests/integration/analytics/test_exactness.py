"""Exact under replay, rebuild, two workers on one partition, SIGKILL, and a Kafka that is another one."""

import asyncio
import random
from functools import partial

import pytest

from services.analytics.stream.worker import Worker
from shared.events.common import Event
from shared.observe.health import Health
from tests.support.analytics_stage import Sale, Stage, venue, working
from tests.support.forks import end, wait_for
from tests.support.waiting import until


def _story(count: int) -> tuple[list[Event], int]:
    """Sales with corrections and duplicates in a shuffled order, and what they come to."""
    chance = random.Random(7)
    events: list[Event] = [venue("tower"), venue("house", kind="homestay", district="027")]
    total = 0
    for number in range(count):
        sale = Sale(venue_id=chance.choice(["tower", "house"]), amount_vnd=1000 + number)
        if number % 3:
            events += [sale.opened(), sale.settled(), sale.settled()]
            total += sale.amount_vnd
        elif number % 2:
            events += [sale.cash(), sale.cash(2, undone=True)]
        else:
            events += [sale.cash(), sale.cash()]
            total += sale.amount_vnd
    chance.shuffle(events)
    return events, total


async def test_a_rebuild_from_offset_zero_gives_the_same_tables_while_the_worker_runs(stage: Stage) -> None:
    events, total = _story(600)
    await stage.say(*events)
    async with working(stage.worker()):
        await until(stage.is_caught_up)
        before = await stage.tables()
        said = await stage.rebuild()
        assert await stage.tables() == before
        assert said[-1] == "rebuilt: the new tables are in place"
        await stage.say(Sale(amount_vnd=1).settled())
        await until(stage.is_caught_up)
    assert (await stage.taken())[1] == total + 1
    assert all(finding.ok for finding in await stage.verify())


async def test_reading_everything_again_onto_finished_tables_changes_nothing(stage: Stage) -> None:
    events, _ = _story(300)
    await stage.say(*events)
    await stage.count()
    before = await stage.tables()
    await stage.pool.execute("UPDATE offsets SET next_offset = 0")
    await stage.count()
    assert await stage.tables() == before


async def test_two_workers_on_the_same_partitions_stay_exact(stage: Stage) -> None:
    events, total = _story(900)
    both = [stage.worker(), stage.worker()]
    async with working(*both):
        for start in range(0, len(events), 150):
            await stage.say(*events[start : start + 150])
        await until(stage.is_caught_up)
    assert (await stage.taken())[1] == total
    assert all(finding.ok for finding in await stage.verify())


@pytest.mark.slow
async def test_killed_in_the_middle_again_and_again_nothing_is_lost_or_doubled(stage: Stage) -> None:
    events, total = _story(3000)
    chance = random.Random(11)
    slices = 4
    for number in range(slices):
        await stage.say(*events[number::slices])
        read = await _events_read(stage)
        process = stage.start_process()
        await until(partial(_has_moved, stage, read))
        await asyncio.sleep(chance.random() * 0.1)
        process.kill()
        wait_for(process)
    process = stage.start_process()
    try:
        await until(stage.is_caught_up)
    finally:
        end(process)
    assert (await stage.taken())[1] == total
    assert all(finding.ok for finding in await stage.verify())


async def test_another_kafka_cluster_stops_the_worker_before_it_counts(stage: Stage) -> None:
    await stage.pool.execute("INSERT INTO kafka_cluster (cluster_id) VALUES ('the one that was lost')")
    await stage.say(Sale().settled())
    health = Health(stage.pool)
    async with working(stage.worker(health)):
        await until(partial(_has_stopped, health, "another_kafka_cluster"))
    assert await stage.taken() == (0, 0)
    await stage.rebuild()
    assert await stage.taken() == (1, 30_000)


async def test_an_offset_that_the_log_does_not_hold_stops_the_worker_instead_of_jumping(stage: Stage) -> None:
    await stage.say(Sale().settled())
    await stage.count()
    await stage.pool.execute("UPDATE offsets SET next_offset = 1000000")
    health = Health(stage.pool)
    async with working(stage.worker(health)):
        await until(partial(_has_stopped, health, "offset_out_of_range"))
    assert await stage.pool.fetchval("SELECT min(next_offset) FROM offsets") == 1_000_000
    assert not (await stage.verify())[-1].ok


async def test_a_tampered_cell_is_found(stage: Stage) -> None:
    await stage.say(Sale().settled())
    await stage.count()
    await stage.pool.execute("UPDATE hour_taken SET amount_vnd = amount_vnd + 1")
    broken = {finding.invariant for finding in await stage.verify() if not finding.ok}
    assert broken == {"hours_equal_facts", "all_rollups_sum_to_the_facts"}


async def _has_stopped(health: Health, reason: str) -> bool:
    return health.reader(Worker.topic).stopped == reason


async def _events_read(stage: Stage) -> int:
    return int(await stage.pool.fetchval("SELECT coalesce(sum(next_offset), 0)::bigint FROM offsets"))


async def _has_moved(stage: Stage, start: int) -> bool:
    return await _events_read(stage) > start
