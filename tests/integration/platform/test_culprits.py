"""Who stands in the way of a whole poll is found in a few tries and put aside; nobody is overtaken or heard twice."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest

from shared.errors import DataFault
from shared.events.ticketing import VenueChanged
from shared.events.topics import TICKETING_EVENTS
from shared.ids import VenueId
from shared.kafka import breaker
from shared.kafka.handler import EventHandler
from shared.kafka.message import Message
from shared.unit.batch import each
from shared.unit.tx import Tx
from shared.unit.unit import Unit
from tests.support.analytics_stage import venue
from tests.support.odd_messages import stranger
from tests.support.spine import Spine, assert_in_order, hear_venue, heard_at_least, running
from tests.support.waiting import until

VENUES = [f"venue-{number}" for number in range(20)]
VERSIONS = 30
CULPRIT = "culprit"
Spoken = tuple[bytes, bytes]  # of whom, what


class Counting(EventHandler):
    """What it hears is written down; one venue is refused. tries: by how many messages were tried together."""

    def __init__(self, unit: Unit) -> None:
        async def hear(tx: Tx, event: VenueChanged, now: datetime) -> None:
            if event.venue_id == CULPRIT:
                raise DataFault("refused")
            await hear_venue(tx, event, now)

        super().__init__(unit, {VenueChanged.TYPE: each(hear)})
        self.tries: list[int] = []

    async def __call__(self, messages: Sequence[Message]) -> None:
        self.tries.append(len(messages))
        await super().__call__(messages)


def told(venue_id: str, version: int) -> Spoken:
    event = msgspec.structs.replace(venue(), venue_id=VenueId(venue_id), version=version)
    return venue_id.encode(), msgspec.json.encode(event)


def good() -> list[Spoken]:
    return [told(venue_id, version) for version in range(1, VERSIONS + 1) for venue_id in VENUES]


async def speak(spine: Spine, spoken: Sequence[Spoken]) -> None:
    async with stranger(spine.cluster.kafka_bootstrap) as producer:
        topic = spine.speaker.settings.topic_prefix + TICKETING_EVENTS.name
        waits = [
            await producer.send(
                topic,
                value,
                key=key,
                headers=[("ce_type", VenueChanged.TYPE.encode()), ("ce_id", f"spoken-{n}".encode())],
            )
            for n, (key, value) in enumerate(spoken)
        ]
        for wait in waits:
            await wait


async def hear_all(spine: Spine, spoken: Sequence[Spoken], culprits: int) -> Counting:
    """Each good one is heard once and in its order, and each culprit is put aside."""
    await speak(spine, spoken)
    handler = Counting(spine.hearer.unit)
    async with running(spine.hearer.consumer(handler)):
        await until(lambda: heard_at_least(spine, len(spoken) - culprits))
        await until(lambda: spine.hearer.has_put_aside(culprits))
    assert_in_order(await spine.heard(), dict.fromkeys(VENUES, VERSIONS))
    assert len(await spine.hearer.letters()) == culprits
    return handler


@pytest.mark.parametrize("at", [0, 300, 600])
async def test_one_that_fits_nothing_costs_the_others_of_its_poll_a_few_tries(spine: Spine, at: int) -> None:
    spoken = good()
    spoken.insert(at, told(CULPRIT, 1))
    handler = await hear_all(spine, spoken, 1)
    assert sum(size == 1 for size in handler.tries) < 40, handler.tries
    assert len(handler.tries) < 100, handler.tries


async def test_what_nobody_can_read_is_put_aside_together_and_costs_the_others_nothing(
    spine: Spine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # That too many make a pause has tests of its own.
    monkeypatch.setattr(breaker, "LIMIT", 10**6)
    spoken = [one for said in good() for one in (said, (b"stranger", b"{"))]
    handler = await hear_all(spine, spoken, len(good()))
    assert sum(size == 1 for size in handler.tries) < 40, handler.tries
