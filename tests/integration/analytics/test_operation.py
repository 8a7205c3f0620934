"""What an operator relies on: replay of what was put aside, warnings that are true, and readers during a rebuild."""

import asyncio
import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from services.analytics.app import build
from services.analytics.stream import store
from services.analytics.stream.dead_letters import box_of
from services.analytics.stream.log_reader import PartitionShare
from services.analytics.stream.worker import Worker
from services.analytics.views.overview import Asked, Days, read_overview
from shared.clock import utc_now
from shared.observe.health import Health
from shared.unit import audit
from shared.unit.tx import Tx
from shared.web.event_stream import StreamEvents
from shared.web.live import Live
from tests.support.analytics_stage import DAY, Sale, Stage, venue, working
from tests.support.forks import wait_for
from tests.support.texts import EVERY_TEXT
from tests.support.topics import ends_of
from tests.support.waiting import PATIENCE_S, until

ASKED = Asked(Days(DAY, DAY), "", EVERY_TEXT.spoken("vi"))


async def test_a_dead_letter_that_can_be_read_by_now_is_counted_once_by_its_replay(stage: Stage) -> None:
    topic = f"{stage.settings.topic_prefix}payments.events"
    await stage.send([(topic, "a", Sale().settled().TYPE, b"{"), (topic, "a", None, b"{}")])
    await stage.count()
    box = box_of(stage.unit, stage.settings.topic_prefix)
    assert sorted(letter.reason for letter in await box.newest()) == ["broken_contract", "missing_type"]
    # As if an earlier release had not been able to read it.
    body = msgspec.json.encode(Sale().settled())
    await stage.pool.execute("UPDATE put_aside SET payload = $1 WHERE reason = 'broken_contract'", body)
    assert sorted(await box.replay(await box.newest())) == ["done", "missing_type"]
    assert await box.replay(await box.newest()) == ["missing_type"]
    assert await stage.taken() == (1, 30_000)
    assert all(finding.ok for finding in await stage.verify())


async def test_a_service_without_a_topic_cannot_say_an_event_among_those_of_another(stage: Stage) -> None:
    async def say(tx: Tx, _command: None, _now: datetime) -> None:
        tx.emit(Sale().settled())

    with pytest.raises(AssertionError, match="no topic"):
        await stage.unit.run(say, None)
    assert await stage.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_the_numbers_say_that_they_are_old_when_no_worker_has_looked_for_a_minute(stage: Stage) -> None:
    async with stage.pool.acquire() as connection:
        assert (await read_overview(connection, ASKED, utc_now())).freshness.is_stale
        await stage.say(Sale().settled())
        await stage.count()
        now = utc_now()
        assert not (await read_overview(connection, ASKED, now)).freshness.is_stale
        assert (await read_overview(connection, ASKED, now + timedelta(seconds=70))).freshness.is_stale


@pytest.mark.parametrize(("behind", "told"), [(1, False), (1000, False), (1001, True)])
async def test_the_page_says_that_it_catches_up_only_when_more_is_left_than_a_moment_s_work(
    stage: Stage, *, behind: int, told: bool
) -> None:
    async with stage.pool.acquire() as connection:
        await store.see_worker(connection, utc_now(), behind)
        assert (await read_overview(connection, ASKED, utc_now())).freshness.is_catching_up is told


async def test_what_a_worker_that_is_gone_leaves_unread_is_told_by_the_one_that_goes_on(stage: Stage) -> None:
    await stage.say(*(Sale().settled() for _ in range(60)))
    ends = await ends_of(stage.settings.kafka_bootstrap, [stage.topic(Sale().settled())])
    left = sum(end for place, end in ends.items() if place.partition % 2 == 1)
    here, gone = (
        Worker(stage.settings, stage.unit, Health(stage.pool), PartitionShare(first, step=2)) for first in (0, 1)
    )

    async def is_told(unread: int) -> bool:
        async with stage.pool.acquire() as connection:
            fresh = (await read_overview(connection, ASKED, utc_now())).freshness
            return (fresh.events_behind, fresh.is_stale) == (unread, False)

    assert left > 0
    async with working(here):
        await until(partial(is_told, left))
        async with working(gone):
            await until(partial(is_told, 0))


async def test_who_reads_during_a_rebuild_sees_whole_numbers_all_the_time(stage: Stage) -> None:
    await stage.say(venue(), *(Sale(amount_vnd=1000).settled() for _ in range(200)))
    seen: set[int] = set()

    async def read_on() -> None:
        while True:
            async with stage.pool.acquire() as connection:
                seen.add((await read_overview(connection, ASKED, utc_now())).total.amount_vnd)
            await asyncio.sleep(0)

    async with working(stage.worker()):
        await until(stage.is_caught_up)
        reading = asyncio.create_task(read_on())
        for _ in range(3):
            await stage.rebuild()
        assert not reading.done()
        reading.cancel()
    assert seen == {200_000}


async def _data_of(stream: StreamEvents) -> bytes:
    event = await anext(stream)
    assert event is not None
    return event.data


async def test_a_stream_of_the_province_wakes_when_a_batch_is_counted(stage: Stage) -> None:
    unit = stage.unit
    live = Live(stage.pool, unit.waker)
    reading = asyncio.create_task(live.run())

    async def read() -> dict[str, object]:
        return {"taken": await stage.taken()}

    stream = live.stream([("province", "all")], read)
    async with asyncio.timeout(PATIENCE_S):
        assert await _data_of(stream) == b'{"taken":[0,0]}'
        await stage.say(Sale().settled())
        await stage.count()
        assert await _data_of(stream) == b'{"taken":[1,30000]}'
    reading.cancel()


async def test_verify_and_rebuild_are_commands_and_verify_fails_on_a_wrong_cell(stage: Stage, tmp_path: Path) -> None:
    await stage.say(Sale().settled())
    await stage.count()
    assert await _verified(stage, tmp_path / "printed") == (0, True)
    await stage.pool.execute("UPDATE day_taken SET amount_vnd = amount_vnd + 1")
    assert await _verified(stage, tmp_path / "printed") == (1, False)
    process = stage.start_process("rebuild")
    assert await asyncio.to_thread(wait_for, process) == 0
    assert await _verified(stage, tmp_path / "printed") == (0, True)


async def test_the_trail_is_sealed_by_one_of_all_processes_and_verify_finds_a_changed_line(
    stage: Stage, tmp_path: Path
) -> None:
    async with stage.pool.acquire() as connection:
        for _ in range(2):
            await audit.note(connection, utc_now() - timedelta(minutes=2), None, "consumer_resumed", "payments.events")

    async def is_sealed_once() -> bool:
        return bool(await stage.pool.fetchval("SELECT count(*) = 1 FROM seals"))

    services = [await build(stage.settings) for _ in range(3)]
    kept_up = [
        asyncio.ensure_future(work()) for service in services for work in (*service.background, *service.beside_pages)
    ]
    await until(is_sealed_once)
    for task in kept_up:
        task.cancel()
    for service in services:
        await service.unit.pool.close()
    assert await is_sealed_once()
    assert await _verified(stage, tmp_path / "printed") == (0, True)
    # As only a superuser can.
    await stage.pool.execute(
        "ALTER TABLE audit DISABLE TRIGGER USER; UPDATE audit SET subject = 'another' WHERE id = 1;"
        " ALTER TABLE audit ENABLE TRIGGER USER"
    )
    assert await _verified(stage, tmp_path / "printed") == (1, False)


async def _verified(stage: Stage, printed: Path) -> tuple[int, bool]:
    """Exit code of `verify`, and whether every line of JSON it printed says ok."""
    process = stage.start_process("verify", {"LOG_LEVEL": "ERROR"}, printed)
    exit_code = await asyncio.to_thread(wait_for, process)
    findings = [json.loads(line) for line in await asyncio.to_thread(_lines_taken, printed)]
    assert {"invariant", "ok", "detail"} == set(findings[0])
    return exit_code, all(finding["ok"] for finding in findings)


def _lines_taken(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    file.unlink()
    return lines
