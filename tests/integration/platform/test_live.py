"""Live streams on the real database: late commits, states that repeat, and the end of a service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from shared.clock import utc_now
from shared.observe.metrics import STREAMS_OPEN
from shared.storage.db import Pool, create_pool
from shared.unit import stopped
from shared.unit.changes import Snapshot
from shared.unit.stopped import Stopped
from shared.unit.wake import Waker
from shared.web import live as live_module
from shared.web.event_stream import StreamEvent, StreamEvents
from shared.web.live import Live
from tests.support.cluster import Cluster
from tests.support.waiting import PATIENCE_S

INSERT = "INSERT INTO changes (topic, key) VALUES ('order', $1) RETURNING seq"


@dataclass
class Broadcast:
    pool: Pool
    waker: Waker
    live: Live

    async def change(self, key: str) -> int:
        seq: int = await self.pool.fetchval(INSERT, key)
        self.waker.wake()
        return seq


@pytest.fixture
async def broadcast(cluster: Cluster) -> AsyncIterator[Broadcast]:
    async with cluster.database("live") as url:
        pool, waker = await create_pool(url, "live", 8), Waker(url, solo=True)
        live = Live(pool, waker)
        reading = asyncio.create_task(live.run())
        yield Broadcast(pool, waker, live)
        reading.cancel()
        await pool.close()


def counter() -> Callable[[], Awaitable[dict[str, object]]]:
    """A state that differs each time it is read."""
    times = 0

    async def read() -> dict[str, object]:
        nonlocal times
        times += 1
        return {"n": times}

    return read


async def next_of(stream: StreamEvents) -> StreamEvent:
    async with asyncio.timeout(PATIENCE_S):
        while (event := await anext(stream)) is None:
            pass
        return event


async def settled(broadcast: Broadcast, stream: StreamEvents) -> None:
    """Returns once the stream shows a change made now, so that the reader is known to be up."""
    await broadcast.change("a")
    await next_of(stream)


async def test_the_current_state_comes_first_and_then_one_for_each_change(broadcast: Broadcast) -> None:
    stream = broadcast.live.stream([("order", "a")], counter(), event="order")
    first = await next_of(stream)
    assert (first.name, first.data) == ("order", b'{"n":1}')
    seq = await broadcast.change("a")
    second = await next_of(stream)
    assert (second.id, second.data) == (str(seq), b'{"n":2}')


async def test_a_state_that_is_the_same_is_not_sent_again(broadcast: Broadcast) -> None:
    states = [b"1", b"1", b"2"]

    async def read() -> bytes:
        return states.pop(0)

    stream = broadcast.live.stream([("order", "a")], read)
    assert (await next_of(stream)).data == b"1"
    waiting = asyncio.create_task(next_of(stream))
    for _ in range(2):
        left = len(states)
        await broadcast.change("a")
        async with asyncio.timeout(PATIENCE_S):
            while len(states) == left:  # noqa: ASYNC110 - the reader runs beside us
                await asyncio.sleep(0.01)
    assert (await waiting).data == b"2"


async def test_a_commit_with_an_earlier_number_still_wakes(broadcast: Broadcast) -> None:
    late, other = (broadcast.live.stream([("order", key)], counter()) for key in ("late", "a"))
    await next_of(late)
    await next_of(other)
    async with broadcast.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        early: int = await connection.fetchval(INSERT, "late")
        later = [await broadcast.change("a") for _ in range(50)]
        assert min(later) > early
        await next_of(other)
        await transaction.commit()
    broadcast.waker.wake()
    assert (await next_of(late)).data == b'{"n":2}'


async def test_a_stream_wakes_for_its_own_keys_only(broadcast: Broadcast) -> None:
    mine = broadcast.live.stream([("order", "mine"), ("order", "also")], counter())
    other = broadcast.live.stream([("order", "a")], counter())
    await next_of(mine)
    await next_of(other)
    waiting = asyncio.create_task(next_of(mine))
    await settled(broadcast, other)
    assert not waiting.done()
    await broadcast.change("also")
    assert (await waiting).data == b'{"n":2}'


async def test_open_streams_end_when_the_service_closes(broadcast: Broadcast) -> None:
    stream = broadcast.live.stream([("order", "a")], counter())
    await next_of(stream)
    waiting = asyncio.create_task(next_of(stream))
    await asyncio.sleep(0)
    broadcast.live.close()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_changes_in_quick_succession_are_held_to_the_asked_interval(broadcast: Broadcast) -> None:
    stream = broadcast.live.stream([("order", "a")], counter(), min_interval_s=0.3)
    await next_of(stream)
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        await broadcast.change("a")
    await next_of(stream)
    assert asyncio.get_running_loop().time() - began >= 0.25


async def test_a_browser_that_leaves_is_no_longer_counted(broadcast: Broadcast) -> None:
    before = STREAMS_OPEN.collect()
    stream = broadcast.live.stream([("order", "a")], counter())
    await next_of(stream)
    assert STREAMS_OPEN.collect() != before
    waiting = asyncio.create_task(next_of(stream))
    await asyncio.sleep(0)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    assert STREAMS_OPEN.collect() == before


async def test_a_page_hears_that_a_topic_it_needs_is_stopped_and_that_it_goes_on(
    broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "_STOPS_EVERY_S", 0.0)
    live, pool = broadcast.live, broadcast.pool
    now = utc_now()
    stop = Stopped("bank.transfers", 3, 17, "broken_contract", "", now, now + timedelta(minutes=4))

    async def read() -> dict[str, object]:
        return {"is_late": live.is_stopped("bank.transfers")}

    stream = live.stream([(stopped.LIVE_TOPIC, "bank.transfers")], read)
    assert (await next_of(stream)).data == b'{"is_late":false}'
    await stopped.begin(pool, stop, now)
    broadcast.waker.wake()
    assert (await next_of(stream)).data == b'{"is_late":true}'
    await stopped.end(pool, stop)
    broadcast.waker.wake()
    assert (await next_of(stream)).data == b'{"is_late":false}'
    # Nobody announces the end of one that was killed: it has been silent for too long.
    await stopped.begin(pool, stop, now)
    broadcast.waker.wake()
    assert (await next_of(stream)).data == b'{"is_late":true}'
    await stopped.tell(pool, stop, now - timedelta(minutes=2))
    broadcast.waker.wake()
    assert (await next_of(stream)).data == b'{"is_late":false}'


async def test_what_may_never_be_heard_makes_nothing_be_trusted(
    broadcast: Broadcast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number that stays away for too long may be anybody's change, so every open page looks anew."""
    monkeypatch.setattr(live_module, "_WINDOW", 3)
    states, watched = broadcast.live.states, ("order", "watched")
    page = broadcast.live.stream([watched], counter())
    await next_of(page)
    async with broadcast.pool.acquire() as connection, connection.transaction():
        await connection.fetchval(INSERT, "late")
        states.hear(watched, Snapshot(1, b"{}"))
        for _ in range(5):
            await broadcast.change("other")
        assert (await next_of(page)).data == b'{"n":2}'
    assert watched not in states
