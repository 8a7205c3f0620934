"""Health by progress: not "the process is up", but "the database answers and events are being worked off"."""

import time

from shared.observe.metrics import LAST_POLL
from shared.storage.db import Pool, answers

_POLL_AGE_LIMIT_S = 30.0

Answer = dict[str, str | int | float | bool | None]


class Health:
    """What the roles of this process tell of themselves."""

    def __init__(self, pool: Pool, unsent_limit_s: float = 30.0) -> None:
        self._pool = pool
        self._unsent_limit_s = unsent_limit_s
        self._progress_at: float | None = None
        self._lag: int | None = None
        self._unsent_since: float | None = None
        self.waiting_for_infrastructure = False
        self.halted = False
        self.closing = False

    def progressed(self, lag: int | None = None) -> None:
        """A consumer asked Kafka for events or handled one; lag is the events that are left."""
        self._progress_at = time.monotonic()
        LAST_POLL.set_to_current_time()
        if lag is not None:
            self._lag = lag

    def relayed(self, *, everything: bool) -> None:
        """The relay tried to send what the outbox holds, and Kafka took everything or not."""
        if everything:
            self._unsent_since = None
        elif self._unsent_since is None:
            self._unsent_since = time.monotonic()

    async def ready(self) -> tuple[bool, Answer]:
        """Whether to send work here, and why not."""
        database = await answers(self._pool)
        age_s, unsent_s = _age_s(self._progress_at), _age_s(self._unsent_since)
        stale = age_s is not None and age_s > _POLL_AGE_LIMIT_S
        stuck = unsent_s is not None and unsent_s > self._unsent_limit_s
        ready = database and not (stale or stuck or self.waiting_for_infrastructure or self.halted or self.closing)
        return ready, {
            "ready": ready,
            "database": database,
            "last_poll_age_s": age_s,
            "lag_events": self._lag,
            "unsent_for_s": unsent_s,
            "waiting_for_infrastructure": self.waiting_for_infrastructure,
            "halted_by_dead_letters": self.halted,
            "closing": self.closing,
        }


def _age_s(since: float | None) -> float | None:
    return None if since is None else round(time.monotonic() - since, 1)
