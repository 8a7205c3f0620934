"""Live streams to browsers: rows of the table `changes`, read by one reader a process, wake whoever watches their key.

A stream sends states, never differences, so a browser that comes back simply gets the newest one.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec

from shared.clock import until, utc_now
from shared.observe.log import Log
from shared.observe.metrics import STREAMS_OPEN
from shared.storage.db import PASSES, Pool
from shared.unit import stopped
from shared.unit.changes import Watched, changes_after, last_change
from shared.unit.wake import Waker
from shared.web.event_stream import KEEP_ALIVE_S, StreamEvent, StreamEvents
from shared.web.states import States

log = Log(__name__)

# Numbers are given before the commit, so a row may appear after rows with higher numbers: so far back it is waited for.
_WINDOW = 20_000
# What happened just before a process began: a browser may come back that was told of it.
_BEGINS_BEFORE = 1000
_POLL_S = 1.0
_PAUSE_S = 0.005
_RETRY_MS = 1000
# So late it is noticed that a consumer is gone which said that it pauses.
_STOPS_EVERY_S = 10.0

State = bytes | Mapping[str, object]


def _everybody() -> bool:
    """Of a page that asks for no pass."""
    return True


class Live:
    """One per process; `run()` reads the changes, `stream()` serves one browser, `close()` ends all streams."""

    def __init__(self, pool: Pool, waker: Waker) -> None:
        self.states = States()
        self._pool = pool
        self._woken = waker.listen()
        self.closing = asyncio.Event()
        self._watchers: dict[Watched, set[asyncio.Event]] = {}
        self._last: int | None = None
        self._missing: set[int] = set()
        self._stopped: frozenset[str] = frozenset()
        self._stops_seen_at = float("-inf")

    def close(self) -> None:
        """Ends all streams, and those that are opened from now on; a service says so first of all when it ends."""
        self.closing.set()
        self._wake_all()

    def _wake_all(self) -> None:
        for watched in self._watchers:
            self._wake(watched)

    async def run(self) -> None:
        """Wakes the streams for as long as it runs."""
        while True:
            self._woken.clear()
            try:
                await self._read()
                if time.monotonic() - self._stops_seen_at > _STOPS_EVERY_S:
                    await self._look_at_stops()
            except PASSES as error:
                log.warning("changes_not_read", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_S)
            await until(self._woken, seconds=_POLL_S)

    async def _read(self) -> None:
        if self._last is None:
            self._last = max(0, await last_change(self._pool) - _BEGINS_BEFORE)
        changes = await changes_after(self._pool, self._last, list(self._missing))
        if not changes:
            return
        self._note(change.seq for change in changes)
        for change in changes:
            if change.watched[0] == stopped.LIVE_TOPIC:
                await self._look_at_stops()
            self.states.hear(change.watched, change.snapshot)
            self._wake(change.watched)

    def is_stopped(self, topic: str) -> bool:
        """Whether nothing of a topic is heard for now, so that a page shall not let anybody wait in vain.

        Who watches (`stopped.LIVE_TOPIC`, topic) is woken when that changes.
        """
        return topic in self._stopped

    async def _look_at_stops(self) -> None:
        self._stops_seen_at = time.monotonic()
        now = frozenset(stop.topic for stop in await stopped.list_stopped(self._pool, utc_now()))
        changed, self._stopped = self._stopped ^ now, now
        for topic in changed:
            self._wake((stopped.LIVE_TOPIC, topic))

    def _wake(self, watched: Watched) -> None:
        for event in self._watchers.get(watched, ()):
            event.set()

    def _note(self, seqs: Iterable[int]) -> None:
        """Remembers how far we are, and which numbers below that have not been seen yet."""
        seen = set(seqs)
        before = self._last or 0
        self._last = max(before, *seen)
        oldest = self._last - _WINDOW
        gap = set(range(max(before, oldest) + 1, self._last))
        waited_for = (self._missing | gap) - seen
        self._missing = {seq for seq in waited_for if seq > oldest}
        skipped = max(oldest - before, 0) - sum(before < seq <= oldest for seq in seen)
        if skipped or len(self._missing) < len(waited_for):
            # Somebody's change may never be heard, though most likely these are numbers of what was rolled back.
            self.states.forget_all()
            self._wake_all()

    async def stream(
        self,
        watch: Sequence[Watched],
        read: Callable[[], Awaitable[State]],
        event: str = "state",
        min_interval_s: float = 0,
        *,
        stay: Callable[[], bool] = _everybody,
    ) -> StreamEvents:
        """The state now, then whenever it differs, until the service closes; None when nothing was said for a while.

        watch: as given to tx.touch. read: the whole state, JSON bytes or what becomes JSON.
        stay: whether the browser's pass still admits it; if not, the last event is `ended`. It is asked at each wake,
        and so soon that whoever's pass ended hears no more also if nothing happens that would wake their stream.
        """
        changed = asyncio.Event()
        for watched in watch:
            self._watchers.setdefault(watched, set()).add(changed)
        STREAMS_OPEN.inc()
        sent: bytes | None = None
        try:
            while not self.closing.is_set():
                if not stay():
                    yield StreamEvent(b"{}", "ended")
                    return
                changed.clear()
                seq = self._last or 0
                state = _json(await read())
                if state != sent:
                    sent = state
                    # Browsers that lost one server shall not all come back in the same instant.
                    retry = _RETRY_MS + random.randrange(_RETRY_MS)  # noqa: S311 - no secret
                    yield StreamEvent(state, event, str(seq), retry)
                if min_interval_s:
                    await until(self.closing, seconds=min_interval_s)
                while stay() and not await until(changed, seconds=KEEP_ALIVE_S):
                    yield None
        except PASSES as error:
            # The browser comes back by itself and finds out how we are.
            log.warning("stream_lost_database", error=type(error).__name__)
        finally:
            STREAMS_OPEN.dec()
            self._forget(watch, changed)

    def _forget(self, watch: Sequence[Watched], changed: asyncio.Event) -> None:
        for watched in watch:
            watchers = self._watchers.get(watched, set())
            watchers.discard(changed)
            if not watchers:
                self._watchers.pop(watched, None)


def _json(state: State) -> bytes:
    return state if isinstance(state, bytes) else msgspec.json.encode(state)
