"""Waiting for what happens in other processes, with a limit."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], limit_s: float = 60) -> None:
    """Returns once the condition holds; fails after the limit."""
    async with asyncio.timeout(limit_s):
        while not await condition():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.05)
