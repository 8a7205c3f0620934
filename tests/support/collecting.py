"""One worker of a run collects before the others, so that what it compiled and rewrote is not compiled by each.

What is imported by then stays to the end, so Python's collector need not walk through all of it again and again.
"""

import fcntl
import gc
from collections.abc import Generator
from pathlib import Path

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """The first to come holds the lock alone; who comes later waits for its end and goes on beside all others.

    The system gives a lock back however its holder ends.
    """
    run: str | None = getattr(session.config, "workerinput", {}).get("cluster")
    if run is None:
        return (yield)
    with (Path(run) / "collecting").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(lock, fcntl.LOCK_SH)
        return (yield)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
