"""Transactions as use-cases get them, which can reach neither Kafka nor a bank; and what a use-case is."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from shared.events.common import Event
from shared.observe import trace
from shared.observe.log import Log
from shared.storage.db import Connection
from shared.unit import outbox
from shared.unit.changes import Snapshot, Watched
from shared.unit.outbox import OutboxRow

log = Log(__name__)

C = TypeVar("C")
R = TypeVar("R")


class Tx:
    """What a use-case may touch: one connection, and what it says when it commits."""

    def __init__(self, connection: Connection, source: str, topic: str | None, now: datetime) -> None:
        self.connection = connection
        self._source = source
        self._topic = topic
        self._now = now
        self._rows: list[OutboxRow] = []
        self._touched: dict[Watched, Snapshot | None] = {}

    def emit(self, event: Event) -> None:
        """Says an event if and when the transaction commits. The aggregate's row must be locked before."""
        assert self._topic is not None, f"{self._source} has no topic to say {event.TYPE} on"
        self._rows.append(outbox.row_of(event, self._source, self._topic, self._now))

    def touch(self, topic: str, key: str, snapshot: Snapshot | None = None) -> None:
        """Tells browsers that watch this key, after the commit, that its state changed, and if it is known, to what."""
        known = self._touched.get((topic, key), snapshot)
        # A change that does not say what it led to is in no state that was told with another.
        self._touched[topic, key] = None if known is None or snapshot is None else max(known, snapshot, key=_version)

    async def flush(self) -> None:
        """Writes what was said; the runner calls it last, so that seq is taken after every lock."""
        if self.said_something:
            await outbox.append(self.connection, self._rows, self._touched)

    @property
    def said_something(self) -> bool:
        return bool(self._rows or self._touched)


UseCase = Callable[[Tx, C, datetime], Awaitable[R]]


def name_of(usecase: object) -> str:
    """A use-case's name, also when app.py bound collaborators to it."""
    while isinstance(usecase, partial):
        usecase = usecase.func
    return str(getattr(usecase, "__name__", type(usecase).__name__))


def follow(trace_id: str) -> None:
    """Events said from here on belong to this trace; the bank's own is kept as a link in the log."""
    if trace_id and trace_id != trace.current():
        log.info("trace_followed", linked_trace_id=trace.current())
        trace.take_over(trace_id)


def _version(snapshot: Snapshot) -> int:
    return snapshot.version
