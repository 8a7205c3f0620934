"""Health by progress: not "the process is up", but "the database answers and events are being worked off"."""

import time

from shared.observe.metrics import CONSUMER_STOPPED, LAST_POLL
from shared.storage.db import Pool, answers

_POLL_AGE_LIMIT_S = 30.0

Answer = dict[str, str | int | float | bool | None]


class ReaderHealth:
    """What one reader of Kafka tells of itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.waits_for_infrastructure = False
        self._stopped = ""
        self._progress_at: float | None = None
        self._lag: int | None = None

    def progressed(self, lag: int | None = None) -> None:
        """It asked Kafka for events or handled one, or it pauses on purpose; lag is the events that are left."""
        self._progress_at = time.monotonic()
        LAST_POLL.set_to_current_time()
        if lag is not None:
            self._lag = lag

    @property
    def stopped(self) -> str:
        """Why nothing goes on for now, "" while it does."""
        return self._stopped

    @stopped.setter
    def stopped(self, reason: str) -> None:
        self._stopped = reason
        CONSUMER_STOPPED.labels(self.name).set(bool(reason))

    @property
    def lag(self) -> int | None:
        return self._lag

    @property
    def age_s(self) -> float | None:
        return _age_s(self._progress_at)


class Health:
    """What the roles of this process tell of themselves."""

    def __init__(self, pool: Pool, unsent_limit_s: float = 30.0) -> None:
        self._pool = pool
        self._unsent_limit_s = unsent_limit_s
        self._readers: dict[str, ReaderHealth] = {}
        self._unsent_since: float | None = None
        self.closing = False

    def reader(self, name: str) -> ReaderHealth:
        """A reader of Kafka by the name of what it reads; made when it is asked for first."""
        return self._readers.setdefault(name, ReaderHealth(name))

    def relayed(self, *, everything: bool) -> None:
        """The relay tried to send what the outbox holds, and Kafka took everything or not."""
        if everything:
            self._unsent_since = None
        elif self._unsent_since is None:
            self._unsent_since = time.monotonic()

    async def ready(self) -> tuple[bool, Answer]:
        """Whether to send work here, and why not."""
        database = await answers(self._pool)
        readers = list(self._readers.values())
        ages = [reader.age_s for reader in readers if reader.age_s is not None]
        lags = [reader.lag for reader in readers if reader.lag is not None]
        age_s, unsent_s = max(ages, default=None), _age_s(self._unsent_since)
        waits = any(reader.waits_for_infrastructure for reader in readers)
        stopped = ", ".join(f"{reader.name}: {reader.stopped}" for reader in readers if reader.stopped)
        stale = age_s is not None and age_s > _POLL_AGE_LIMIT_S
        stuck = unsent_s is not None and unsent_s > self._unsent_limit_s
        ready = database and not (stale or stuck or waits or stopped or self.closing)
        return ready, {
            "ready": ready,
            "database": database,
            "last_poll_age_s": age_s,
            "lag_events": sum(lags) if lags else None,
            "unsent_for_s": unsent_s,
            "waiting_for_infrastructure": waits,
            "stopped": stopped,
            "closing": self.closing,
        }


def _age_s(since: float | None) -> float | None:
    return None if since is None else round(time.monotonic() - since, 1)
