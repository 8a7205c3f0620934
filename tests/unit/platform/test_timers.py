"""Timers: what takes long, because it reads all that is stored, comes so much more seldom."""

import pytest

from shared.kafka.relay import Timer


async def nothing() -> None: ...


@pytest.mark.parametrize(("took_s", "rest_s"), [(0.01, 15), (0.1, 15), (1.0, 99), (4.0, 396)])
def test_a_timer_takes_no_more_than_its_share_of_the_time(took_s: float, rest_s: float) -> None:
    assert Timer(15, nothing, share=0.01).rest_s(took_s) == pytest.approx(rest_s)


def test_a_timer_without_a_share_comes_as_often_as_it_is_told_to() -> None:
    assert Timer(1, nothing).rest_s(30) == 1
