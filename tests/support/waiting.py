"""Waiting for what happens in other processes, with one limit for all of it."""

import asyncio
from collections.abc import Awaitable, Callable

# It says nothing about how fast anything is: a machine many times slower than ours, and busy, must pass.
PATIENCE_S = 150.0


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = PATIENCE_S) -> None:
    """Returns once the condition holds; fails after the limit."""
    async with asyncio.timeout(limit_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)
