"""The breaker slows a topic down and never ends it: a flood of broken messages is over within minutes, by itself."""

import pytest

from shared.kafka.breaker import LIMIT, Breaker


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def pauses_of_flood(breaker: Breaker, clock: Clock, messages: int, *, reason: str = "broken_contract") -> list[float]:
    """The pauses of so many broken messages that come all at once; each is tried again after its pause."""
    pauses: list[float] = []
    for _ in range(messages):
        while pause := breaker.count(reason):
            clock.now += pause
            pauses.append(pause)
    return pauses


@pytest.mark.parametrize(
    ("messages", "at_most_s"), [(LIMIT, 0), (LIMIT + 1, 5), (5_000, 120), (100_000, 600), (1_000_000, 1_500)]
)
def test_a_flood_is_over_in_minutes_however_large(messages: int, at_most_s: float) -> None:
    clock = Clock()
    pauses = pauses_of_flood(Breaker(clock), clock, messages)
    assert sum(pauses) <= at_most_s
    assert pauses == sorted(pauses)
    assert bool(pauses) is (messages > LIMIT)


def test_what_comes_seldom_never_opens_it() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(10 * LIMIT):
        clock.now += 3
        assert breaker.count("broken_contract") == 0


def test_reasons_are_counted_apart() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    assert pauses_of_flood(breaker, clock, LIMIT) == []
    assert pauses_of_flood(breaker, clock, LIMIT, reason="unexpected") == []
    assert breaker.count("unexpected") == 5


def test_after_quiet_minutes_it_is_as_before() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    assert pauses_of_flood(breaker, clock, 5 * LIMIT) == [5, 20]
    clock.now += 3_600
    assert pauses_of_flood(breaker, clock, LIMIT + 1) == [5]


def test_many_are_counted_together_only_if_none_of_their_reasons_would_open_it() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    assert breaker.count_all(["broken_contract"] * LIMIT)
    assert not breaker.count_all(["missing_type", "broken_contract"])
    assert breaker.count_all(["missing_type"] * LIMIT), "nothing was counted of those that were refused together"
    assert breaker.count("broken_contract") == breaker.count("missing_type") == 5
