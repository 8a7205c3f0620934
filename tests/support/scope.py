"""How much of what has no end of its own is tried: a slice in `./run test`, all of it in `./run test-long`."""

import os
import random
import secrets
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
IS_LONG = os.environ.get("MOT_CHAM_TESTS") == "long"
# Workers inherit it, so that all of them draw the same.
SLICE = os.environ.setdefault("MOT_CHAM_SLICE", str(secrets.randbelow(10**6)))


def examples(whole: int) -> int:
    """How many examples hypothesis draws here of those that a property is worth."""
    return whole if IS_LONG else max(whole // 3, 10)


def drawn(variants: Iterable[T]) -> list[T]:
    """Those of a test that takes seconds in each: here one of them, another with each MOT_CHAM_SLICE."""
    every = list(variants)
    return every if IS_LONG else [random.Random(f"{SLICE} of {len(every)}").choice(every)]


# Whether each service is one process, or each of its roles two: the second costs twice the processes, and has tests of
# its own in every run (tests/e2e/platform/test_two_of_each.py).
SHAPES = ["together", "apart"] if IS_LONG else ["together"]
# Of each shape that is tried: the longer run is shared by both.
CHAOS_SECONDS = float(os.environ.get("MOT_CHAM_CHAOS_SECONDS") or ("300" if IS_LONG else "30"))
# A test that waits for what never comes fails where it waits. Longer than the longest wait and than the chaos run; in
# the long one, than a million records and 200,000 requests on a machine that is four times slower.
LIMIT_S = 300 + 2 * CHAOS_SECONDS + (3600 if IS_LONG else 0)
