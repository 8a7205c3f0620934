"""The catalogue in memory: read at start and again every half minute, since it seldom changes."""

import asyncio

from services.ticketing.store.catalogue import Catalogue, read_catalogue
from shared.db import AWAY, Pool
from shared.log import Log

log = Log(__name__)
_EVERY_S = 30.0


class Offer:
    """`offer()` is today's catalogue."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._catalogue = Catalogue({}, {}, {}, (), {})

    def __call__(self) -> Catalogue:
        return self._catalogue

    async def refresh(self) -> None:
        async with self._pool.acquire() as connection:
            self._catalogue = await read_catalogue(connection)

    async def run(self) -> None:
        """Keeps up for as long as it runs; what was known stays while the database is away."""
        while True:
            try:
                await self.refresh()
            except AWAY as error:
                log.warning("catalogue_not_read", error=type(error).__name__)
            await asyncio.sleep(_EVERY_S if self._catalogue.venues else 1.0)
