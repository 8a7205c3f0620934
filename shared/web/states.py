"""The newest states of what changed lately, as one process heard of them, so that whoever watches need not read."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from shared.unit.changes import Snapshot, Watched

# Of the keys that changed last; more are read again when somebody asks.
_MOST = 10_000


class States:
    """Versions decide which of two states is kept; after a change without its state nothing is known."""

    def __init__(self) -> None:
        self._known: OrderedDict[Watched, Snapshot] = OrderedDict()
        # When a key was last forgotten, counted in changes heard.
        self._forgotten: OrderedDict[Watched, int] = OrderedDict()
        self._forgotten_before = 0
        self.heard = 0

    def __contains__(self, watched: object) -> bool:
        return watched in self._known

    def hear(self, watched: Watched, snapshot: Snapshot | None) -> None:
        """A change, in any order."""
        self.heard += 1
        if snapshot is not None:
            self._keep(watched, snapshot)
            return
        self._known.pop(watched, None)
        self._forgotten[watched] = self.heard
        self._forgotten.move_to_end(watched)
        if len(self._forgotten) > _MOST:
            _, self._forgotten_before = self._forgotten.popitem(last=False)

    def forget_all(self) -> None:
        """Some change may never be heard."""
        self.heard += 1
        self._known.clear()
        self._forgotten.clear()
        self._forgotten_before = self.heard

    def keep(self, watched: Watched, read: Snapshot, since: int) -> bool:
        """Remembers what was read from the tables, unless a change came that it may not show; since: `heard` before."""
        if max(self._forgotten.get(watched, 0), self._forgotten_before) > since:
            return False
        self._keep(watched, read)
        return True

    async def newest(self, watched: Watched, read: Callable[[], Awaitable[Snapshot]]) -> Snapshot:
        """What is known, else what is read now."""
        while (known := self._known.get(watched)) is None:
            since = self.heard
            self.keep(watched, await read(), since)
        return known

    def _keep(self, watched: Watched, snapshot: Snapshot) -> None:
        known = self._known.setdefault(watched, snapshot)
        if snapshot.version > known.version:
            self._known[watched] = snapshot
        self._known.move_to_end(watched)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
