"""One system at a time in this folder: a lock that the kernel gives back whenever and however its holder ends."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager

from deploy.console import Problem
from deploy.local.paths import RUNNING


@contextmanager
def only_one() -> Generator[None]:
    """Hold the folder's lock; a Problem names who has it."""
    RUNNING.mkdir(parents=True, exist_ok=True)
    with (RUNNING / "up.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Problem(f"Một Chạm is running here already (process {lock.read().strip() or '?'})") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
