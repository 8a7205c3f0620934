"""Who asks too much, counted in this process alone, in memory that no flood makes grow."""

import math
import time
from array import array
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from shared.web.limits import RATES, STREAM_RETRY_S, Rate, TooManyRequests, TooManyStreams

_CELLS = 1 << 16
_MINUTE_S = 60.0


class Buckets:
    """What each of any number of keys has used of one rate, in a fixed number of cells.

    No cell is ever given up for another key, so no crowd of addresses resets somebody's limit. Two keys may share one:
    Python's hash has a secret of this process, so nobody can choose to share a cell with somebody.
    """

    def __init__(self, rate: Rate) -> None:
        self._every_s = _MINUTE_S / rate.a_minute
        # When all that a cell's keys have used is given back.
        self._free_at = array("d", bytes(8 * _CELLS))

    def take(self, key: str, now: float) -> float:
        """Takes one and is 0, or takes nothing and is the seconds until there is one."""
        cell = hash(key) % _CELLS
        free_at = max(self._free_at[cell], now) + self._every_s
        wait_s = free_at - now - _MINUTE_S
        if wait_s > 0:
            return wait_s
        self._free_at[cell] = free_at
        return 0.0


class Limiter:
    """One per application."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._buckets = {rate.name: Buckets(rate) for rate in RATES}
        # Only of what is open now, so it cannot be larger than that.
        self._open: dict[str, int] = {}

    def count(self, rate: Rate, key: str) -> None:
        """One more request of this caller; raises TooManyRequests."""
        wait_s = self._buckets[rate.name].take(key, self.clock())
        if wait_s > 0:
            raise TooManyRequests(retry_after_s=math.ceil(wait_s))

    @contextmanager
    def stream(self, keys: Mapping[str, int]) -> Generator[None]:
        """One more stream for as long as the block lasts; keys: the most that each may have. Raises TooManyStreams."""
        if any(self._open.get(key, 0) >= most for key, most in keys.items()):
            raise TooManyStreams(retry_after_s=STREAM_RETRY_S)
        for key in keys:
            self._open[key] = self._open.get(key, 0) + 1
        try:
            yield
        finally:
            for key in keys:
                self._open[key] -= 1
                if self._open[key] == 0:
                    del self._open[key]
