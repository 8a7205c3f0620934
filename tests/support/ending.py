"""Parts that are told to stop while Kafka is away: when they wait for it, and how long their end takes."""

import asyncio
import time

from shared.observe.health import Health
from shared.process.service import Stoppable

# A process has more than one part to stop, and whoever stops it waits some ten seconds for all of them.
END_LIMIT_S = 3.5


async def waits_for_kafka(health: Health, for_s: float) -> bool:
    """Whether a part has got no answer for so long."""
    _, told = await health.ready()
    age_s = told["last_poll_age_s"]
    return isinstance(age_s, float) and age_s > for_s


async def seconds_to_end(part: Stoppable, running: asyncio.Task[None]) -> float:
    """Tells a part to stop and waits until it has ended."""
    asked_at = time.monotonic()
    part.stop()
    await running
    return time.monotonic() - asked_at
