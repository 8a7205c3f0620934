"""Rates and open streams by themselves, at a clock that stands still."""

import pytest

from shared.web.limiter import Buckets, Limiter
from shared.web.limits import ORDERS, TooManyRequests, TooManyStreams


def test_what_was_used_comes_back_bit_by_bit_and_after_a_minute_wholly() -> None:
    buckets = Buckets(ORDERS)
    assert [buckets.take("a", 100.0) for _ in range(30)] == [0.0] * 30
    assert buckets.take("a", 100.0) == pytest.approx(2.0)
    assert buckets.take("a", 102.0) == 0.0
    assert buckets.take("a", 102.0) > 0
    assert [buckets.take("a", 200.0) for _ in range(30)] == [0.0] * 30


def test_a_crowd_of_addresses_resets_nobody() -> None:
    buckets = Buckets(ORDERS)
    for _ in range(30):
        buckets.take("203.0.113.1", 0.0)
    for number in range(200_000):
        buckets.take(f"2001:db8:0:{number:x}::/64", 0.0)
    assert buckets.take("203.0.113.1", 0.0) > 0


def test_a_refusal_says_when_there_is_one_again() -> None:
    limiter = Limiter(clock=lambda: 0.0)
    for _ in range(30):
        limiter.count(ORDERS, "203.0.113.1")
    with pytest.raises(TooManyRequests) as refused:
        limiter.count(ORDERS, "203.0.113.1")
    assert refused.value.fields == {"retry_after_s": 2}


def test_a_stream_that_is_refused_counts_for_nothing() -> None:
    limiter = Limiter()
    with limiter.stream({"address": 2, "link": 1}):
        for _ in range(3):
            with pytest.raises(TooManyStreams), limiter.stream({"address": 2, "link": 1}):
                pass
        with limiter.stream({"address": 2, "another": 1}):
            pass
    with limiter.stream({"address": 1, "link": 1}):
        pass
