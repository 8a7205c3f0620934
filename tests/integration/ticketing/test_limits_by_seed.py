"""The limits of a kind of product are data: a new system has the seed's, and whoever has some keeps them."""

import shutil
from dataclasses import replace
from pathlib import Path

from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from shared.clock import utc_now
from shared.events.topics import TICKETING_EVENTS
from shared.events.words import ProductKind
from shared.seed.reader import read_seed
from shared.seed.rows import Seed
from shared.storage import migrate
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.gate import MIGRATIONS


async def shares_after(url: str, *seeds: Seed) -> dict[ProductKind, int]:
    """Percent of a day that each kind lets be held unpaid, once these were loaded one after the other."""
    pool = await create_pool(url, "limits", 2)
    unit = Unit(pool, "ticketing", TICKETING_EVENTS.name, utc_now, Waker(url, solo=True))
    for seed in seeds:
        await unit.run(load_catalogue, seed)
    async with pool.acquire() as connection:
        limits = (await read_catalogue(connection)).limits
    await pool.close()
    return {kind: limit.unpaid_percent for kind, limit in limits.items()}


def with_share(percent: int) -> Seed:
    seed = read_seed()
    return replace(seed, kind_limits=tuple(replace(limit, unpaid_percent=percent) for limit in seed.kind_limits))


async def test_a_new_system_has_the_seeds_limits_and_a_later_seed_changes_none(cluster: Cluster) -> None:
    async with cluster.database("limits", MIGRATIONS) as url:
        assert await shares_after(url) == {}
        assert await shares_after(url, with_share(17), with_share(18)) == {"entry": 17, "boat_trip": 17, "stay": 17}


async def test_a_system_of_before_keeps_what_its_operator_made_of_them(cluster: Cluster, tmp_path: Path) -> None:
    before = tmp_path / "ticketing" / "migrations"
    before.mkdir(parents=True)
    for file in MIGRATIONS.glob("000*.sql"):
        shutil.copy(file, before)
    async with cluster.database("limits", before) as url:
        pool = await create_pool(url, "limits", 1)
        await pool.execute(
            "INSERT INTO venues VALUES ('tower', 1, '', '', 'scenic_site', '026', '00715', true, 1);"
            " UPDATE kind_limits SET unpaid_percent = 20 WHERE kind = 'entry'"
        )
        await pool.close()
        await migrate.migrate(url, MIGRATIONS)
        assert await shares_after(url) == {"entry": 20, "boat_trip": 30, "stay": 50}
