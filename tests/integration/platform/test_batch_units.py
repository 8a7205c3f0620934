"""Batches on the real database: one transaction when all goes well, and nobody pays for another's trouble."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import asyncpg
import pytest

from shared.clock import utc_now
from shared.errors import Conflict, DataFault
from shared.storage.db import create_pool
from shared.unit.batch import BatchUseCase, One, each
from shared.unit.inbox import Heard
from shared.unit.tx import Tx
from shared.unit.unit import Delivery, Unit
from shared.unit.wake import Waker
from tests.support.cluster import MIGRATIONS, Cluster

NAMES = ["a", "b", "c", "d"]


class Taken(Conflict):
    code = "taken"


@pytest.fixture
async def unit(cluster: Cluster) -> AsyncIterator[Unit]:
    async with cluster.database("batches", MIGRATIONS["ticketing"]) as url:
        pool = await create_pool(url, "ticketing", 10)
        await pool.execute("CREATE TABLE things (name text PRIMARY KEY, done_by xid8, times integer DEFAULT 0)")
        await pool.executemany("INSERT INTO things (name) VALUES ($1)", [(name,) for name in NAMES])
        yield Unit(pool, "ticketing", "ticketing.events", utc_now, Waker(url, solo=True))
        await pool.close()


async def do_all(tx: Tx, batch: Sequence[One[str]], _now: datetime) -> list[str | Taken]:
    """Does each of the things; "taken" is refused, and "odd" is a mistake of ours."""
    await tx.connection.execute("SET LOCAL lock_timeout = '50ms'")
    answers: list[str | Taken] = []
    for one in batch:
        if one.command == "odd":
            raise ZeroDivisionError
        if one.command == "taken":
            answers.append(Taken())
            continue
        await tx.connection.execute(
            "UPDATE things SET done_by = pg_current_xact_id(), times = times + 1 WHERE name = $1", one.command
        )
        answers.append(one.command)
    return answers


async def asked(unit: Unit, *commands: str) -> list[object]:
    """The answers; of errors their names."""
    answers = await unit.run_batch(do_all, [One(command, "") for command in commands])
    return [type(answer).__name__ if isinstance(answer, Exception) else answer for answer in answers]


async def times(unit: Unit) -> dict[str, int]:
    return {row["name"]: row["times"] for row in await unit.pool.fetch("SELECT name, times FROM things ORDER BY 1")}


async def test_a_batch_is_one_transaction_and_a_refusal_is_its_answer(unit: Unit) -> None:
    assert await asked(unit, "a", "taken", "b") == ["a", "Taken", "b"]
    assert await unit.pool.fetchval("SELECT count(DISTINCT done_by) FROM things WHERE times = 1") == 1
    assert await times(unit) == {"a": 1, "b": 1, "c": 0, "d": 0}


async def test_one_mistake_is_told_to_whoever_asked_and_the_others_are_done_once(unit: Unit) -> None:
    assert await asked(unit, "a", "odd", "b", "taken") == ["a", "ZeroDivisionError", "b", "Taken"]
    assert await times(unit) == {"a": 1, "b": 1, "c": 0, "d": 0}


async def test_a_row_that_somebody_holds_keeps_only_those_who_need_it(unit: Unit) -> None:
    async with unit.pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM things WHERE name = 'b' FOR UPDATE")
        assert await asked(unit, "a", "b", "c", "d") == ["a", "LockNotAvailableError", "c", "d"]
    assert await times(unit) == {"a": 1, "b": 0, "c": 1, "d": 1}


async def test_what_everybody_needs_is_said_to_pass(unit: Unit) -> None:
    async def be_away(_tx: Tx, _batch: Sequence[One[str]], _now: datetime) -> list[str]:
        raise asyncpg.AdminShutdownError

    with pytest.raises(asyncpg.AdminShutdownError):
        await unit.run_batch(be_away, [One("a", ""), One("b", "")])


async def count_one(tx: Tx, name: str, _now: datetime) -> None:
    await tx.connection.execute("UPDATE things SET times = times + 1 WHERE name = $1", name)


COUNT: BatchUseCase[str, None] = each(count_one)


def told(name: str, ce_id: str, content: bytes = b"1", *, may_differ: bool = False) -> Delivery:
    return Delivery(COUNT, One(name, ""), Heard(ce_id, content, may_differ), name.encode())


async def test_an_event_counts_once_in_a_poll_and_in_later_ones(unit: Unit) -> None:
    assert await unit.hear([told("a", "1"), told("b", "2"), told("a", "1")]) == [True, True, False]
    assert await unit.hear([told("c", "3"), told("b", "2")]) == [True, False]
    assert await times(unit) == {"a": 1, "b": 1, "c": 1, "d": 0}


@pytest.mark.parametrize("first", [True, False])
async def test_an_identifier_with_another_content_undoes_the_poll_it_came_in(unit: Unit, *, first: bool) -> None:
    if first:
        await unit.hear([told("a", "1")])
    with pytest.raises(DataFault):
        await unit.hear([*([] if first else [told("a", "1")]), told("b", "1", b"2"), told("c", "3")])
    assert await times(unit) == {"a": int(first), "b": 0, "c": 0, "d": 0}


async def test_a_feed_may_use_an_identifier_twice_in_one_poll(unit: Unit) -> None:
    feed = [told(name, "1", content, may_differ=True) for name, content in [("a", b"1"), ("b", b"2"), ("b", b"2")]]
    assert await unit.hear(feed) == [True, True, False]
    assert await unit.hear(feed) == [False, False, False]
    assert await times(unit) == {"a": 1, "b": 1, "c": 0, "d": 0}
