"""How much of what has no end of its own is tried: a slice in `./run test`, all of it in `./run test-long`."""

import os

IS_LONG = os.environ.get("MOT_CHAM_TESTS") == "long"
CHAOS_SECONDS = float(os.environ.get("MOT_CHAM_CHAOS_SECONDS") or ("600" if IS_LONG else "30"))
# A test that waits for what never comes fails where it waits; longer than the longest wait, and than the chaos run.
LIMIT_S = 300 + 2 * CHAOS_SECONDS


def examples(whole: int) -> int:
    """How many examples hypothesis draws here of those that a property is worth."""
    return whole if IS_LONG else max(whole // 3, 10)
