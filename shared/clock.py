"""The one place that reads the time, knows the local zone, and waits."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def local_date(now: datetime) -> date:
    """The calendar date in Hà Giang at an aware instant."""
    return now.astimezone(ZONE).date()


async def until(*events: asyncio.Event, seconds: float | None = None) -> bool:
    """Whether one of the events is set: at once if one is, else as soon as one is or the seconds are over."""
    if any(event.is_set() for event in events):
        return True
    if len(events) == 1:
        # Most waits are for one event, and thousands of streams wait: this way costs no task.
        return await _until_one(events[0], seconds)
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return any(event.is_set() for event in events)


async def _until_one(event: asyncio.Event, seconds: float | None) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
    return event.is_set()
