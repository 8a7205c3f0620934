"""What Kafka acknowledged and the database would not mark is remembered: no row is sent again and again."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
import pytest

from shared.events.topics import TICKETING_EVENTS
from shared.observe.health import Health
from shared.storage.db import connect
from tests.support.spine import Spine, running, say
from tests.support.topics import times_said
from tests.support.waiting import until

ROWS = 20
TURNS = 3  # of a relay that would send at each of them
# All relays lose their sessions when one would mark what Kafka has already.
_LOSE_AT_THE_MARK = """
CREATE FUNCTION lose_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(pid) FROM (
        SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%-relay'
         ORDER BY pid = pg_backend_pid()  -- its own last, or it could end none of the others
    ) AS relays;
    RETURN NULL;
END
$$;
CREATE TRIGGER lost BEFORE DELETE ON unsent FOR EACH ROW EXECUTE FUNCTION lose_sessions();
"""


async def test_one_relay_sends_a_row_once_however_long_the_database_takes_no_mark(
    spine: Spine, caplog: pytest.LogCaptureFixture
) -> None:
    health = spine.speaker.health = Health(spine.speaker.unit.pool, unsent_limit_s=0)
    async with running(spine.speaker.relay()):
        await say(spine, "before")
        await until(partial(_all_are_marked, spine))
        async with _failing_over(spine):
            for number in range(ROWS):
                await say(spine, f"venue-{number % 5}")
            await until(partial(_turns, caplog, TURNS))
            assert not (await health.ready())[0]
            # What was not marked is sent; what was said since waits for that.
            assert len(set(await _on_topic(spine))) <= ROWS + 1
        await until(partial(_all_are_marked, spine))
        assert (await health.ready())[0]
        await say(spine, "after")
        await until(partial(_all_are_marked, spine))
    sent = await _on_topic(spine)
    assert set(sent.values()) == {1}
    assert len(sent) == ROWS + 2


async def test_relays_that_take_over_from_one_another_send_a_row_twice_at_most(
    spine: Spine, caplog: pytest.LogCaptureFixture
) -> None:
    relays = [spine.speaker.relay() for _ in range(3)]
    async with running(*relays):
        await say(spine, "before")
        await until(partial(_all_are_marked, spine))
        async with _failing_over(spine):
            for number in range(ROWS):
                await say(spine, f"venue-{number % 5}")
            await until(partial(_turns, caplog, TURNS * len(relays)))
        await until(partial(_all_are_marked, spine))
    sent = await _on_topic(spine)
    assert len(sent) == ROWS + 1
    assert max(sent.values()) <= 2


@asynccontextmanager
async def _failing_over(spine: Spine) -> AsyncGenerator[None]:
    """The sessions of all relays are lost at the next mark, and each new one of the database is read-only."""
    url = spine.speaker.settings.database_url
    name = url.rpartition("/")[2]
    pool = spine.speaker.unit.pool
    await pool.execute(_LOSE_AT_THE_MARK)
    await pool.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    yield
    healer = await connect(url, "healer")
    await healer.execute("SET default_transaction_read_only = off")
    await healer.execute("DROP FUNCTION lose_sessions CASCADE")
    await healer.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    await healer.close()


async def _turns(caplog: pytest.LogCaptureFixture, number: int) -> bool:
    """Whether relays have said so often that they wait."""
    said = [record for record in caplog.records if record.getMessage() == "relay_waits_for_database"]
    return len(said) >= number


async def _all_are_marked(spine: Spine) -> bool:
    try:
        return await spine.unsent(spine.speaker) == 0
    except (asyncpg.PostgresError, OSError):
        return False


async def _on_topic(spine: Spine) -> Counter[str]:
    topic = spine.speaker.settings.topic_prefix + TICKETING_EVENTS.name
    return await times_said(spine.cluster.kafka_bootstrap, [topic])
