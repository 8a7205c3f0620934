"""How often one may guess, and where that is counted. A try counts before its secret is looked at.

A login counts where it is tried from, so that a stranger elsewhere keeps nobody out: by address, more coarsely in all
of a day, and in a browser where it signed in before on its own. A PIN counts by person and phone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.people import store
from services.ticketing.people.domain import RateLimited, fold_login
from shared.ids import DeviceId, PersonId
from shared.unit.tx import Tx

WINDOW = timedelta(minutes=15)
DAY = timedelta(days=1)
TRIES = 5
TRIES_A_DAY = 50
# Whoever goes on guessing waits longer and longer: at first the rest of a minute, at last that of a day.
PIN_TRIES = ((5, timedelta(minutes=1)), (8, timedelta(minutes=5)), (12, timedelta(hours=1)), (30, DAY))


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at a subject within a window that begins with the first of them."""

    subject: str
    tries: int
    window: timedelta


def login_subject(login: str) -> str:
    """What everything about a login is counted under; hashed, since people type passwords there by mistake."""
    return f"login:{hashlib.sha256(fold_login(login).encode()).hexdigest()[:32]}"


def login_limits(login: str, address: str, browser_id: str | None) -> tuple[Limit, ...]:
    """browser_id: of a browser where this login signed in before, None for any other."""
    subject = login_subject(login)
    if browser_id is not None:
        within, a_day = f"{subject}:in:{browser_id}", f"{subject}:day-in:{browser_id}"
    else:
        within, a_day = f"{subject}:at:{address}", f"{subject}:day"
    return Limit(within, TRIES, WINDOW), Limit(a_day, TRIES_A_DAY, DAY)


def pin_limits(device_id: DeviceId, person_id: PersonId) -> tuple[Limit, ...]:
    subject = f"pin:{person_id}:{device_id}"
    return tuple(Limit(f"{subject}:{window}", tries, window) for tries, window in PIN_TRIES)


def code_limits(code_hash: bytes) -> tuple[Limit, ...]:
    return (Limit(f"code:{code_hash.hex()[:32]}", TRIES, WINDOW),)


async def count(tx: Tx, limits: Sequence[Limit], now: datetime) -> int:
    """How many tries are left after this one; raises RateLimited, and then nothing is counted."""
    left, wait_s = TRIES_A_DAY, 0
    for limit in sorted(limits, key=lambda one: one.subject):
        tries, since = await store.count_attempt(tx.connection, limit.subject, now, now - limit.window)
        left = min(left, limit.tries - tries)
        if tries > limit.tries:
            wait_s = max(wait_s, 1, int((since + limit.window - now).total_seconds()))
    if wait_s:
        raise RateLimited(retry_after_s=wait_s)
    return left


async def forget(tx: Tx, limits: Sequence[Limit]) -> None:
    """After a success: what it cost is given back, but a stranger's tries of the day stay."""
    shared = [limit.subject for limit in limits if limit.subject.endswith(":day")]
    await store.forget_attempts(tx.connection, [limit.subject for limit in limits if limit.subject not in shared])
    await store.give_back_attempts(tx.connection, shared)


async def forget_all(tx: Tx, login: str, person_id: PersonId) -> None:
    """A new secret: whoever was shut out for guesses at the old one may come in."""
    await store.forget_attempts_below(tx.connection, [f"{login_subject(login)}:", f"pin:{person_id}:"])


async def forget_pin(tx: Tx, person_id: PersonId) -> None:
    """A new PIN that opens a gate alone: guesses at the same person's password stay counted."""
    await store.forget_attempts_below(tx.connection, [f"pin:{person_id}:"])


@dataclass(frozen=True, slots=True)
class CountTry:
    """A try is about to be made."""

    limits: tuple[Limit, ...]


async def count_try(tx: Tx, command: CountTry, now: datetime) -> int:
    """How many are left; commits before the secret is looked at. Raises RateLimited."""
    return await count(tx, command.limits, now)
