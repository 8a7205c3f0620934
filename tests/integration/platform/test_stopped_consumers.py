"""A consumer that meets too much that is broken pauses and says so; it goes on by itself, or when a person says so."""

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from shared.errors import DataFault
from shared.events.ticketing import VenueChanged
from shared.events.topics import BANK_TRANSFERS, TICKETING_EVENTS
from shared.kafka import breaker
from shared.kafka.handler import EventHandler, Raw
from shared.kafka.message import Message
from shared.unit.stopped import Stopped, list_stopped, tell
from tests.support.odd_messages import flood, send
from tests.support.small_process import SmallService
from tests.support.spine import Side, Spine, heard_at_least, running, say
from tests.support.waiting import until

BROKEN = {"ce_type": VenueChanged.TYPE}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of milliseconds: what is asked is that they end."""
    monkeypatch.setattr(breaker, "_FIRST_PAUSE_S", 0.01)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are too many, and the pause would outlast every test."""
    monkeypatch.setattr(breaker, "LIMIT", 3)
    monkeypatch.setattr(breaker, "_FIRST_PAUSE_S", 3600.0)
    monkeypatch.setattr(breaker, "_LONGEST_PAUSE_S", 3600.0)


@pytest.mark.usefixtures("quick")
async def test_a_flood_of_broken_messages_is_put_aside_and_what_comes_behind_it_is_heard(spine: Spine) -> None:
    await flood(spine, TICKETING_EVENTS, 900, b"{", BROKEN)
    await say(spine, "lung-cu")
    async with running(spine.speaker.relay(), spine.hearer.consumer()):
        await until(lambda: heard_at_least(spine, 1))
        await until(lambda: spine.hearer.has_put_aside(900))
    assert await stopped_topics(spine.hearer) == set()


@pytest.mark.usefixtures("few")
async def test_data_faults_never_stop_anything_however_many_come(spine: Spine) -> None:
    hearer = spine.hearer

    async def refuse(*_: object) -> list[None]:
        raise DataFault("unknown_account")

    raw = Raw(BANK_TRANSFERS.name, {"bank.sepay_transfer.v1": lambda message: message}, refuse)
    consumer = hearer.consumer(EventHandler(hearer.unit, {}, raw), topic=BANK_TRANSFERS.name)
    await flood(spine, BANK_TRANSFERS, 250, b"", {"ce_type": "bank.sepay_transfer.v1"})
    async with running(consumer):
        await until(lambda: hearer.has_put_aside(250))


@pytest.mark.usefixtures("few")
async def test_one_topic_stops_and_the_other_goes_on(spine: Spine) -> None:
    hearer = spine.hearer
    bad = hearer.consumer(EventHandler(hearer.unit, {}, Raw(BANK_TRANSFERS.name, {}, nothing)), topic="bank.transfers")
    await flood(spine, BANK_TRANSFERS, 5, b"", {})
    async with running(bad, hearer.consumer(), spine.speaker.relay()):
        await until(partial(is_stopped, hearer, BANK_TRANSFERS.name))
        await say(spine, "lung-cu")
        await until(lambda: heard_at_least(spine, 1))
        ready, answer = await hearer.health.ready()
        assert (ready, answer["stopped"]) == (False, "bank.transfers: unknown_type")
    # Told to stop, it waited for no pause.
    assert len(await hearer.letters()) == 3


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("order", ["resume", "pass-over"])
async def test_a_person_sees_where_it_stands_and_lets_it_go_on(spine: Spine, tmp_path: Path, order: str) -> None:
    hearer, service = spine.speaker, SmallService(spine, tmp_path)
    wanted = ("consumer", order, TICKETING_EVENTS.name, "--reason")
    await flood(spine, TICKETING_EVENTS, 5, b"{", BROKEN)
    async with running(hearer.consumer()):
        await until(partial(is_stopped, hearer, TICKETING_EVENTS.name))
        code, told = await service.run("consumer", "status")
        [status] = [json.loads(line) for line in told.splitlines()]
        assert (code, status["state"], status["reason"]) == (0, "stopped", "broken_contract")
        assert status["place"].startswith("ticketing.events/")

        code, told = await service.run(*wanted, "the sender knows")

        assert (code, json.loads(told)["place"]) == (0, status["place"])
        await until(lambda: hearer.has_put_aside(5))
        await until(partial(goes_on, hearer))
        code, told = await service.run(*wanted, "again")
        assert (code, json.loads(told)["ordered"]) == (1, "nothing")
    audit = await hearer.unit.pool.fetch("SELECT action, subject, detail ->> 'reason' AS why FROM audit")
    action = {"resume": "consumer_resumed", "pass-over": "consumer_passed_over"}[order]
    assert [tuple(row) for row in audit] == [(action, status["place"], "the sender knows")]


async def test_a_message_that_the_database_never_gets_done_with_can_be_passed_over(
    spine: Spine, tmp_path: Path
) -> None:
    hearer = spine.speaker

    class Handler(EventHandler):
        async def __call__(self, messages: Sequence[Message]) -> None:
            if any(message.ce_id == "endless" for message in messages):
                raise asyncpg.QueryCanceledError
            await super().__call__(messages)

    await send(spine, TICKETING_EVENTS, b"{}", BROKEN | {"ce_id": "endless"})
    await send(spine, TICKETING_EVENTS, b"{", BROKEN | {"ce_id": "behind it"})
    await send(spine, TICKETING_EVENTS, b"{", BROKEN | {"ce_id": "elsewhere"}, key=b"another partition")
    async with running(hearer.consumer(Handler(hearer.unit, {VenueChanged.TYPE: nothing}))):
        await until(partial(is_stopped, hearer, TICKETING_EVENTS.name))
        await until(lambda: hearer.has_put_aside(1))
        assert [letter.ce_id for letter in await hearer.letters()] == ["elsewhere"]
        wanted = ("consumer", "pass-over", TICKETING_EVENTS.name, "--reason", "it never ends")
        assert (await SmallService(spine, tmp_path).run(*wanted))[0] == 0
        await until(lambda: hearer.has_put_aside(3))
    reasons = {letter.ce_id: letter.reason for letter in await hearer.letters()}
    assert reasons == {"endless": "passed_over", "behind it": "broken_contract", "elsewhere": "broken_contract"}


async def test_a_consumer_that_died_while_it_paused_counts_as_stopped_for_a_minute_only(spine: Spine) -> None:
    pool, now = spine.hearer.unit.pool, spine.hearer.unit.clock()
    last_words = Stopped("ticketing.events", 3, 17, "broken_contract", "", now, now + timedelta(hours=1))
    assert await tell(pool, last_words, now - timedelta(seconds=59)) is None
    assert await stopped_topics(spine.hearer) == {"ticketing.events"}
    assert await tell(pool, last_words, now - timedelta(seconds=61)) is None
    assert await stopped_topics(spine.hearer) == set()


async def nothing(*_: object) -> list[None]:
    """A use-case that is never reached, or has nothing to do."""
    return []


async def stopped_topics(side: Side) -> set[str]:
    return {stop.topic for stop in await list_stopped(side.unit.pool, side.unit.clock())}


async def is_stopped(side: Side, topic: str) -> bool:
    return topic in await stopped_topics(side)


async def goes_on(side: Side) -> bool:
    return not await stopped_topics(side) and not (await side.health.ready())[1]["stopped"]
