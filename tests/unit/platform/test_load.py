"""The arrivals of a simulated day."""

from itertools import pairwise

import pytest

from deploy.simulator.load import HOUR_SHAPE, arrivals, percentile


def test_same_seed_brings_the_same_visitors_and_another_seed_others() -> None:
    assert list(arrivals(5, 2, 7)) == list(arrivals(5, 2, 7))
    assert list(arrivals(5, 2, 7)) != list(arrivals(5, 2, 8))


def test_arrivals_keep_the_rate_asked_for_and_the_shape_of_a_day() -> None:
    minutes, rate = 55, 5
    everybody = list(arrivals(rate, minutes, 1))
    assert len(everybody) == pytest.approx(rate * minutes * 60, rel=0.05)
    hours = [0] * len(HOUR_SHAPE)
    for arrival in everybody:
        hours[int(arrival.at_s / (minutes * 60) * len(hours))] += 1
    for seen, expected in zip(hours, HOUR_SHAPE, strict=True):
        assert 100 * seen / len(everybody) == pytest.approx(expected, abs=1)


def test_visitors_come_in_order_and_groups_fit_an_order() -> None:
    everybody = list(arrivals(20, 1, 3))
    assert all(earlier.at_s <= later.at_s for earlier, later in pairwise(everybody))
    assert all(1 <= arrival.people <= 60 for arrival in everybody)


def test_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0
    assert percentile([1.0], 0.5) == 1.0
