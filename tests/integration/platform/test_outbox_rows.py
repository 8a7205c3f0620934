"""An event is one row, written once; that it is not sent yet stands apart. What is old goes, however much it is."""

from collections.abc import AsyncIterator
from functools import partial

import pytest_asyncio

from shared.storage.db import DirectConnection, connect
from shared.unit import changes, idempotency, outbox
from tests.support.cluster import NO_SERVICE, Cluster
from tests.support.spine import Spine, change_venue, running
from tests.support.waiting import until

# As the release before this one wrote, read and marked.
_SAID_BEFORE = (
    "INSERT INTO outbox (id, topic, key, aggregate_type, aggregate_id, type, payload, headers, at)"
    " SELECT gen_random_uuid(), 'topic', 'key', 'order', 'one', 'type', '', '{}', now() FROM generate_series(1, $1)"
    " RETURNING seq"
)
_UNSENT_BEFORE = "SELECT seq FROM outbox WHERE sent_at IS NULL ORDER BY seq"
_MARKED_BEFORE = "UPDATE outbox SET sent_at = now() WHERE seq = ANY ($1::bigint[])"
_RESENT_BEFORE = "UPDATE outbox SET sent_at = NULL WHERE seq = ANY ($1::bigint[])"
_SCANS = "SELECT {} FROM pg_stat_user_tables WHERE relname = $1"
# More than one turn of cleaning takes.
_MANY = 12_000


@pytest_asyncio.fixture
async def database(cluster: Cluster) -> AsyncIterator[DirectConnection]:
    async with cluster.database("outbox", NO_SERVICE) as url:
        connection = await connect(url, "outbox")
        try:
            yield connection
        finally:
            await connection.close()


async def test_what_the_release_before_still_says_and_marks_is_known_to_this_one(database: DirectConnection) -> None:
    said = await _numbers(database, _SAID_BEFORE, 3)
    assert await _unsent(database) == said
    await database.execute(_MARKED_BEFORE, said[:2])
    assert await _unsent(database) == said[2:]
    await database.execute(_MARKED_BEFORE, said)
    assert await _unsent(database) == []
    await database.execute(_RESENT_BEFORE, said[1:])
    assert await _unsent(database) == said[1:]


async def test_the_relay_of_the_release_before_leaves_what_this_one_says(spine: Spine) -> None:
    for venue_id in ("lung-cu", "dong-van"):
        await spine.speaker.unit.run(change_venue, venue_id)
    async with spine.speaker.unit.pool.acquire() as connection:
        assert len(await outbox.unsent(connection, 10)) == 2
        assert await connection.fetch(_UNSENT_BEFORE) == []


async def test_old_events_go_however_many_they_are_and_what_waits_to_be_sent_stays(database: DirectConnection) -> None:
    old, new = await _numbers(database, _SAID_BEFORE, _MANY), await _numbers(database, _SAID_BEFORE, 2)
    await database.execute("UPDATE outbox SET at = now() - interval '8 days' WHERE seq <= $1", old[-1])
    waiting = [old[0], old[7], old[-1], new[-1]]
    await outbox.mark_sent(database, sorted({*old, *new} - {*waiting}))

    await outbox.delete_old(database)

    assert await _numbers(database, "SELECT seq FROM outbox ORDER BY seq") == [old[0], old[7], old[-1], *new]
    assert await _unsent(database) == waiting


async def test_old_changes_and_answers_go_however_many_they_are(database: DirectConnection) -> None:
    for days in (8, 0):
        await database.execute(
            "INSERT INTO changes (topic, key, at) SELECT 'order', n, now() - $2::integer * interval '1 day'"
            " FROM generate_series(1, $1) AS n",
            _MANY,
            days,
        )
        await database.execute(
            "INSERT INTO idempotency (key, fingerprint, at)"
            " SELECT concat(n, ' ', $2::integer), '', now() - $2 * interval '1 day' FROM generate_series(1, $1) AS n",
            _MANY,
            days,
        )

    await changes.delete_old(database)
    await idempotency.delete_old(database)

    for table in ("changes", "idempotency"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}") == _MANY
        assert await database.fetchval(f"SELECT min(at) > now() - interval '1 hour' FROM {table}")


async def test_the_relay_asks_by_keys_though_its_plans_are_made_while_its_tables_are_small(spine: Spine) -> None:
    pool = spine.speaker.unit.pool

    async def has_counted() -> bool:
        return int(await pool.fetchval(_SCANS.format("seq_scan + idx_scan"), "outbox")) >= 10

    await spine.speaker.unit.run(change_venue, "lung-cu")
    await pool.execute("VACUUM ANALYZE outbox, unsent")
    async with running(spine.speaker.relay()):
        for number in range(20):
            await spine.speaker.unit.run(change_venue, f"venue-{number}")
            await until(partial(_is_all_sent, spine))
        await until(has_counted)
    # Cleaning, which is planned anew each time, may read a small table whole.
    assert await pool.fetchval(_SCANS.format("seq_scan"), "outbox") <= 2


async def _is_all_sent(spine: Spine) -> bool:
    return not await spine.unsent(spine.speaker)


async def _unsent(database: DirectConnection) -> list[int]:
    return await _numbers(database, "SELECT seq FROM unsent ORDER BY seq")


async def _numbers(database: DirectConnection, statement: str, *values: object) -> list[int]:
    return [row["seq"] for row in await database.fetch(statement, *values)]
