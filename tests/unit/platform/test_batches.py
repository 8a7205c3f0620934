"""What arrives together is done together: nobody alone waits, order holds, and each has its own answer and trace."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.observe import trace
from shared.unit import batch as batch_module
from shared.unit.batch import BatchUseCase, One, Together
from shared.unit.inbox import Heard
from shared.unit.tx import Tx
from shared.unit.unit import Delivery, _steps
from tests.support.waiting import PATIENCE_S


class Database:
    """Takes batches one by one, and is done with one when told."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.traces: list[str] = []
        self.may_answer = asyncio.Event()

    async def run(self, batch: Sequence[One[int]]) -> list[int | Exception]:
        self.batches.append([one.command for one in batch])
        self.traces += [one.trace_id for one in batch]
        await self.may_answer.wait()
        return [ValueError(one.command) if one.command < 0 else one.command * 10 for one in batch]


async def begun(together: Together[int, int], *commands: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(together(command)) for command in commands]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_the_first_goes_at_once_and_what_comes_meanwhile_goes_together_in_its_order() -> None:
    database = Database()
    together = Together(database.run, most=3)
    asked = await begun(together, 1)
    assert database.batches == [[1]]
    asked += await begun(together, 2, 3, 4, 5)
    assert database.batches == [[1]]
    database.may_answer.set()
    assert await asyncio.gather(*asked) == [10, 20, 30, 40, 50]
    assert database.batches == [[1], [2, 3, 4], [5]]
    assert await together(6) == 60


async def test_a_batch_holds_no_more_than_it_may_and_what_is_larger_goes_alone() -> None:
    database = Database()
    together = Together(database.run, 10, size_of=lambda command: command)
    asked = [*await begun(together, 1), *await begun(together, 4, 5, 2, 30, 7, 3)]
    database.may_answer.set()
    await asyncio.gather(*asked)
    assert database.batches == [[1], [4, 5], [2], [30], [7, 3]]


async def test_a_batch_that_is_held_up_keeps_the_next_for_a_moment_only_and_few_are_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch_module, "_HELD_UP_AFTER_S", 0.001)
    database = Database()
    together = Together(database.run, most=1)
    asked = await begun(together, *range(1, 9))
    async with asyncio.timeout(PATIENCE_S):
        while len(database.batches) < 4:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.01)
    assert database.batches == [[1], [2], [3], [4]]
    database.may_answer.set()
    assert await asyncio.gather(*asked) == [number * 10 for number in range(1, 9)]


async def test_each_has_its_own_answer_and_its_own_refusal() -> None:
    database = Database()
    database.may_answer.set()
    answers = await asyncio.gather(*await begun(Together(database.run, 9), 1, -2, 3), return_exceptions=True)
    assert [answers[0], repr(answers[1]), answers[2]] == [10, "ValueError(-2)", 30]


async def test_what_fails_as_a_whole_is_told_to_all_of_it_and_to_nobody_later() -> None:
    failures = iter([True, False])

    async def run(batch: Sequence[One[int]]) -> list[int]:
        if next(failures):
            raise ConnectionResetError
        return [one.command for one in batch]

    together: Together[int, int] = Together(run, 9)
    with pytest.raises(ConnectionResetError):
        await together(1)
    assert await together(2) == 2


async def test_whoever_gives_up_takes_nothing_from_the_others() -> None:
    database = Database()
    together = Together(database.run, 9)
    asked = await begun(together, 1, 2, 3)
    asked[0].cancel()
    asked[1].cancel()
    database.may_answer.set()
    assert await asked[2] == 30
    assert sorted(command for batch in database.batches for command in batch) == [1, 2, 3]


async def test_each_keeps_the_trace_of_whoever_asked() -> None:
    database = Database()
    together = Together(database.run, 9)
    database.may_answer.set()

    async def ask(number: int) -> None:
        trace.take_over(f"trace {number}")
        await together(number)

    await asyncio.gather(*(ask(number) for number in range(4)))
    assert database.traces == [f"trace {number}" for number in range(4)]


def usecase_named(name: str) -> BatchUseCase[int, None]:
    async def usecase(_tx: Tx, batch: Sequence[One[int]], _now: datetime) -> list[None]:
        return [None] * len(batch)

    usecase.__name__ = name
    return usecase


USECASES = [usecase_named(name) for name in "abc"]
EVENTS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from([b"x", b"y", b"z"])), max_size=30)


@given(EVENTS)
def test_events_of_one_key_are_done_in_their_order_and_all_others_at_once(events: list[tuple[int, bytes]]) -> None:
    told = [
        Delivery(USECASES[kind], One((place, key), ""), Heard(str(place), b""), key)
        for place, (kind, key) in enumerate(events)
    ]
    steps = _steps(told)
    done: dict[bytes, list[int]] = defaultdict(list)
    for usecase, batch in steps:
        for one in batch:
            place, key = one.command
            assert USECASES[events[place][0]] is usecase
            done[key].append(place)
    assert done == {key: [n for n, event in enumerate(events) if event[1] == key] for key in {e[1] for e in events}}
    # Never more steps of a use-case than some key's changes of use-case ask for.
    kinds = [[kind for kind, own in events if own == key] for key in (b"x", b"y", b"z")]
    turns = max((1 + sum(a != b for a, b in pairwise(own)) for own in kinds if own), default=0)
    for usecase in USECASES:
        assert sum(step[0] is usecase for step in steps) <= turns
