"""Two services of the tests' own on the real database and broker: `speaker` says venues, `hearer` writes them down."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from shared.clock import utc_now
from shared.events import topics
from shared.events.ticketing import VenueChanged
from shared.ids import VenueId
from shared.kafka.consumer import Consumer
from shared.kafka.dead_letters import DeadLetters, Handler
from shared.kafka.faults import Fault
from shared.kafka.handler import EventHandler, Money
from shared.kafka.message import Message
from shared.kafka.producer import Producer
from shared.kafka.relay import Relay, Timer
from shared.observe.health import Health
from shared.process.service import Stoppable
from shared.settings import Settings
from shared.storage.db import AWAY, connect, create_pool
from shared.unit.batch import each
from shared.unit.dead_letters import DeadLetter
from shared.unit.tx import Tx
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.cluster import Cluster
from tests.support.topics import members_of
from tests.support.waiting import PATIENCE_S

TABLES = """
CREATE TABLE venue (venue_id text PRIMARY KEY, version int NOT NULL);
CREATE TABLE heard (n bigserial PRIMARY KEY, venue_id text NOT NULL, version int NOT NULL);
CREATE TABLE refuse (venue_id text PRIMARY KEY);
"""


async def change_venue(tx: Tx, venue_id: str, now: datetime) -> VenueChanged:
    """Says a venue's next version."""
    version: int = await tx.connection.fetchval(
        "INSERT INTO venue VALUES ($1, 1) ON CONFLICT (venue_id) DO UPDATE SET version = venue.version + 1"
        " RETURNING version",
        venue_id,
    )
    event = VenueChanged(
        version=version,
        occurred_at=utc_now(),
        recorded_at=now,
        venue_id=VenueId(venue_id),
        name_vi="Cột cờ Lũng Cú",
        name_en="Lung Cu flag tower",
        kind="scenic_site",
        old_district_code="026",
        new_commune_code="00715",
        on_sale=True,
    )
    tx.emit(event)
    return event


async def hear_venue(tx: Tx, event: VenueChanged, _now: datetime) -> None:
    """Writes down what was heard, without any guard against doubles of its own."""
    if await tx.connection.fetchval("SELECT true FROM refuse WHERE venue_id = $1", event.venue_id):
        raise AssertionError("a mistake in the handler")
    await tx.connection.execute("INSERT INTO heard (venue_id, version) VALUES ($1, $2)", event.venue_id, event.version)


def handler_of(unit: Unit) -> EventHandler:
    return EventHandler(unit, {VenueChanged.TYPE: each(hear_venue)})


@dataclass(frozen=True, slots=True)
class Only(Handler):
    """A handler that only has something to do with a message that comes."""

    do: Callable[[Message], Awaitable[None]]

    async def __call__(self, messages: Sequence[Message]) -> None:
        for message in messages:
            await self.do(message)

    async def again(self, message: Message) -> None:
        raise NotImplementedError

    def unreadable(self, messages: Sequence[Message]) -> list[tuple[Message, Fault]]:
        return []

    def money_in(self, message: Message) -> Money:
        return Money()


@dataclass(slots=True)
class Side:
    """One of the two services."""

    settings: Settings
    unit: Unit
    dead_letters: DeadLetters
    health: Health

    def relay(self, timers: Sequence[Timer] = ()) -> Relay:
        producer = Producer(self.settings.kafka_bootstrap)
        return Relay(self.settings, producer, self.unit.waker, self.health, timers)

    async def members(self) -> list[str]:
        """Of this service's group, as Kafka calls them."""
        return await members_of(self.settings.kafka_bootstrap, self.settings.topic_prefix + self.settings.service)

    def handler(self) -> EventHandler:
        return handler_of(self.unit)

    def consumer(
        self, handler: Handler | None = None, instance: str = "one", topic: str = topics.TICKETING_EVENTS.name
    ) -> Consumer:
        settings = Settings.read(self.settings.service, environment_of(self.settings) | {"INSTANCE_ID": instance})
        return Consumer(settings, topic, handler or self.handler(), self.dead_letters, self.health)

    async def letters(self) -> list[DeadLetter]:
        """What was put aside, oldest first."""
        return list(reversed(await self.dead_letters.box.newest(also_settled=True)))

    async def has_put_aside(self, number: int) -> bool:
        return int(await self.unit.pool.fetchval("SELECT count(*) FROM put_aside")) >= number


@dataclass(slots=True)
class Spine:
    cluster: Cluster
    speaker: Side
    hearer: Side

    async def heard(self) -> list[tuple[str, int]]:
        rows = await self.hearer.unit.pool.fetch("SELECT venue_id, version FROM heard ORDER BY n")
        return [(row["venue_id"], row["version"]) for row in rows]

    async def unsent(self, side: Side) -> int:
        return int(await side.unit.pool.fetchval("SELECT count(*) FROM unsent"))


async def say(spine: Spine, venue_id: str) -> VenueChanged:
    return await spine.speaker.unit.run(change_venue, venue_id)


async def progress(spine: Spine) -> int:
    return int(await spine.hearer.unit.pool.fetchval("SELECT count(*) FROM heard"))


async def heard_at_least(spine: Spine, number: int) -> bool:
    try:
        return await progress(spine) >= number
    except AWAY:
        return False


def assert_in_order(heard: list[tuple[str, int]], said: dict[str, int]) -> None:
    """Of each venue exactly the versions 1..n, in this order."""
    versions: dict[str, list[int]] = defaultdict(list)
    for venue_id, version in heard:
        versions[venue_id].append(version)
    assert versions == {venue_id: list(range(1, last + 1)) for venue_id, last in said.items()}


@asynccontextmanager
async def running(*parts: Stoppable) -> AsyncGenerator[None]:
    """Runs parts beside the test, and ends them in good order."""
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield
    finally:
        for part in parts:
            part.stop()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*tasks)


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        f"{settings.service.upper()}_DATABASE_URL": settings.database_url,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap,
        "TOPIC_PREFIX": settings.topic_prefix,
    }


async def _make_tables(url: str) -> None:
    connection = await connect(url, "spine")
    await connection.execute(TABLES)
    await connection.close()


async def side_of(cluster: Cluster, service: str, prefix: str, stack: AsyncExitStack) -> Side:
    url = await stack.enter_async_context(cluster.database(service, furnish=_make_tables))
    environment = {
        f"{service.upper()}_DATABASE_URL": url,
        "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
        "TOPIC_PREFIX": prefix,
    }
    settings = Settings.read(service, environment)
    pool = await create_pool(url, service, 12)
    stack.push_async_callback(pool.close)
    unit = Unit(pool, service, topics.TICKETING_EVENTS.name, utc_now, Waker(url, solo=True))
    return Side(settings, unit, DeadLetters(unit, handler_of(unit)), Health(pool))
