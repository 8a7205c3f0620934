"""Slows a topic down when too much of it is put aside, so that a bad release does not run through all of it at once.

It never ends a topic: after each pause four times as many may be put aside before the next, longer one. What was put
aside is kept whole and can be replayed, so going on loses nothing, and nobody waits for a person to come.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LIMIT = 200
"""How many of one reason may be put aside before the first pause."""
_GROWTH = 4
_DRAINS_IN_S = 300.0  # so long after the last one, LIMIT of them are forgotten
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 240.0  # a member of a group that polls nothing for 300 s is put out of it


@dataclass(slots=True)
class _Tally:
    """A bucket that leaks: what is in it, as of when, and how often it has run over."""

    level: float
    at: float
    openings: int = 0

    def has_room(self, more: int) -> bool:
        return self.level + more <= LIMIT * float(_GROWTH) ** self.openings


class Breaker:
    """One topic's. Data faults are not told to it: however many come, nothing is broken."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tallies: dict[str, _Tally] = {}

    def count(self, reason: str) -> float:
        """One more is about to be put aside: for how many seconds to pause before that, 0.0 as long as they are few."""
        tally = self._tally(reason)
        if tally.has_room(1):
            tally.level += 1
            return 0.0
        # The one that is counted now is counted again when its pause is over.
        tally.openings += 1
        return min(_FIRST_PAUSE_S * float(_GROWTH) ** (tally.openings - 1), _LONGEST_PAUSE_S)

    def count_all(self, reasons: Sequence[str]) -> bool:
        """Counts so many that are about to be put aside together; False, and nothing counted, if we must pause."""
        wanted = [(self._tally(reason), number) for reason, number in Counter(reasons).items()]
        if not all(tally.has_room(number) for tally, number in wanted):
            return False
        for tally, number in wanted:
            tally.level += number
        return True

    def _tally(self, reason: str) -> _Tally:
        """As of now."""
        now = self._now()
        tally = self._tallies.setdefault(reason, _Tally(0.0, now))
        tally.level = max(tally.level - (now - tally.at) * LIMIT / _DRAINS_IN_S, 0.0)
        tally.at = now
        if tally.level == 0.0:
            tally.openings = 0
        return tally
