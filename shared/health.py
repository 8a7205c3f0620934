"""Health by progress: not "the process is up", but "the database answers and events are being worked off"."""

import time

from shared.db import Pool, answers
from shared.metrics import LAST_POLL

_POLL_AGE_LIMIT_S = 30.0

Answer = dict[str, str | int | float | bool | None]


class Health:
    """What the roles of this process tell of themselves."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._progress_at: float | None = None
        self._lag: int | None = None
        self.waiting_for_infrastructure = False
        self.halted = False
        self.closing = False

    def progressed(self, lag: int | None = None) -> None:
        """A consumer asked Kafka for events or handled one; lag is the events that are left."""
        self._progress_at = time.monotonic()
        LAST_POLL.set_to_current_time()
        if lag is not None:
            self._lag = lag

    async def ready(self) -> tuple[bool, Answer]:
        """Whether to send work here, and why not."""
        database = await answers(self._pool)
        age_s = None if self._progress_at is None else round(time.monotonic() - self._progress_at, 1)
        stale = age_s is not None and age_s > _POLL_AGE_LIMIT_S
        ready = database and not (stale or self.waiting_for_infrastructure or self.halted or self.closing)
        return ready, {
            "ready": ready,
            "database": database,
            "last_poll_age_s": age_s,
            "lag_events": self._lag,
            "waiting_for_infrastructure": self.waiting_for_infrastructure,
            "halted_by_dead_letters": self.halted,
            "closing": self.closing,
        }
