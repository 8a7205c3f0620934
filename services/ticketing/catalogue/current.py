"""The catalogue in memory: read at start and again every half minute, since it seldom changes."""

import asyncio

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.store import read_catalogue
from shared.observe.log import Log
from shared.storage.db import PASSES, Pool

log = Log(__name__)
_EVERY_S = 30.0


class CatalogueUnread(OSError):
    """Nothing was read yet, in the first moment of a process. Like a database that is away, it passes: to say that
    something is not on sale, or to put a payment aside, would be wrong."""


class CurrentCatalogue:
    """`catalogue()` is today's; raises CatalogueUnread before there is one."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._catalogue: Catalogue | None = None

    def __call__(self) -> Catalogue:
        if self._catalogue is None:
            raise CatalogueUnread
        return self._catalogue

    async def refresh(self) -> None:
        async with self._pool.acquire() as connection:
            self._catalogue = await read_catalogue(connection)

    async def run(self) -> None:
        """Keeps up for as long as it runs; what was known stays while the database is away."""
        while True:
            try:
                await self.refresh()
            except PASSES as error:
                log.warning("catalogue_not_read", error=type(error).__name__)
            await asyncio.sleep(_EVERY_S if self._catalogue is not None and self._catalogue.venues else 0.5)
