"""The table `stopped_consumers`: where a consumer pauses and why, and what a person ordered it to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from shared.storage.db import Connection, Pool
from shared.unit import outbox
from shared.unit.statements import SQL

Order = Literal["resume", "pass_over"]
# A consumer tells every second, but for the time that a statement may take; who is silent for so long has ended.
_GONE_AFTER = timedelta(seconds=60)
LIVE_TOPIC = "stopped"


@dataclass(frozen=True, slots=True)
class Stopped:
    """One partition at whose message nothing goes on before `next_try_at`; fields are named as the columns."""

    topic: str
    partition: int
    log_offset: int
    reason: str
    detail: str
    since: datetime
    next_try_at: datetime


async def tell(pool: Pool, stopped: Stopped, now: datetime) -> Order | None:
    """Says that we are stopped there; what a person ordered since we are."""
    ordered: Order | None = await pool.fetchval(
        SQL["tell_stopped"],
        stopped.topic,
        stopped.partition,
        stopped.log_offset,
        stopped.reason,
        stopped.detail,
        stopped.since,
        stopped.next_try_at,
        now,
    )
    return ordered


async def begin(pool: Pool, stopped: Stopped, now: datetime) -> Order | None:
    """The same for the first time, so that the pages which say it are woken."""
    order = await tell(pool, stopped, now)
    await _wake_pages(pool, stopped.topic)
    return order


async def end(pool: Pool, stopped: Stopped) -> None:
    """What is stopped there goes on; wakes the pages, too."""
    await pool.execute(SQL["forget_stopped"], stopped.topic, stopped.partition)
    await _wake_pages(pool, stopped.topic)


async def _wake_pages(pool: Pool, topic: str) -> None:
    async with pool.acquire() as connection:
        await outbox.append(connection, [], {(LIVE_TOPIC, topic): None})


async def list_stopped(pool: Pool, now: datetime) -> list[Stopped]:
    return [Stopped(**row) for row in await pool.fetch(SQL["list_stopped"], now - _GONE_AFTER)]


async def order(connection: Connection, topic: str, what: Order, now: datetime) -> list[str]:
    """The places at which a topic is stopped, each of which hears the order within a second."""
    rows = await connection.fetch(SQL["order_stopped"], topic, what, now - _GONE_AFTER)
    return [f"{row['topic']}/{row['partition']}/{row['log_offset']}" for row in rows]
