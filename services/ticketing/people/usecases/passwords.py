"""Passwords as argon2id hashes, and the queue in which everybody waits whose password or PIN is worked out.

A password costs 64 MiB and some 50 ms on purpose, so one is worked out at a time, and never inside a transaction:
whoever signs in must not keep a database connection from the gates, nor the memory from everybody.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.ticketing import metrics
from shared.errors import DomainError

P = ParamSpec("P")
R = TypeVar("R")
_HASHER = PasswordHasher()
# Of a password nobody has, so that an unknown login takes as long as a known one.
_NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$Vn4xjbj71fy4fH0m4f2gDA$OrVAWNtTMIkyZN2EOMe5ZAl8kycjy3n6gPEJqU6WWO8"


class Busy(DomainError):
    """Too many wait for their turn already; `retry_after_s` says how long to stay away."""

    code, status = "busy", 503


class Queue:
    """A place is taken before anything is counted, so that who is turned away has lost no try.

    An address gets at most half of what others leave, so that no single one can fill it.
    """

    def __init__(self, places: int) -> None:
        """taken: of the places, those that somebody has; waiting: how many wait for the end of their turn."""
        self.places = places
        self.taken = 0
        self.waiting = 0
        self._taken_by: Counter[str] = Counter()
        # One thread, not a semaphore: it belongs to the process, whichever event loop asks.
        self._thread = ThreadPoolExecutor(1, "secrets")

    @contextmanager
    def place(self, address: str) -> Generator[None]:
        """A place from waiting until after one's turns; raises Busy if none is free, or too few for this address."""
        mine = self._taken_by[address]
        left_by_others = self.places - (self.taken - mine)
        if self.taken >= self.places or mine >= (left_by_others + 1) // 2:
            raise Busy(retry_after_s=5)
        self.taken += 1
        self._taken_by[address] += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._taken_by[address] -= 1
            # What a stranger sends is not kept.
            if not self._taken_by[address]:
                del self._taken_by[address]

    async def turn(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of the work, done when everybody who came before has had their turn."""
        self.waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))
        finally:
            self.waiting -= 1


# The last one waits some three seconds, after which people press the button again.
QUEUE = Queue(places=24)
metrics.SECRETS_WAITING.set_function(lambda: QUEUE.waiting)


async def hash_password(password: str) -> str:
    return await QUEUE.turn(_HASHER.hash, password)


async def is_password(password: str, hashed: str | None) -> bool:
    """Whether it fits; never when there is no hash, though that takes as long."""
    fits = await QUEUE.turn(_fits, hashed or _NOBODYS, password)
    return fits and hashed is not None


def _fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False
