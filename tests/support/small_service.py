"""A service as small as can be, run as a process of its own by test_roles: it hears what it says."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from shared.clock import utc_now
from shared.events.ticketing import VenueChanged
from shared.events.topics import TICKETING_EVENTS
from shared.kafka.consumer import Consumer
from shared.kafka.dead_letters import DeadLetters
from shared.kafka.handler import EventHandler
from shared.kafka.own_name import OwnName
from shared.kafka.producer import Producer
from shared.kafka.relay import Relay
from shared.observe.health import Health
from shared.process.commands import Arguments, Command, CommandLine, main
from shared.process.operator import COMMON
from shared.process.service import Service
from shared.settings import Settings
from shared.storage.db import create_pool
from shared.unit.batch import each
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from tests.support.spine import hear_venue


async def build(settings: Settings) -> Service:
    pool = await create_pool(settings.database_url, settings.service, settings.pool_size)
    waker = Waker(settings.database_url, solo=settings.solo)
    unit = Unit(pool, settings.service, TICKETING_EVENTS.name, utc_now, waker)
    health = Health(pool)
    handler = EventHandler(unit, {VenueChanged.TYPE: each(hear_venue)})
    dead_letters = DeadLetters(unit, handler)
    producer = Producer(settings.kafka_bootstrap)

    return Service(
        name=settings.service,
        settings=settings,
        unit=unit,
        waker=waker,
        health=health,
        dead_letters=dead_letters.box,
        migrations=Path("/nonexistent"),
        api=lambda: api_of(health),
        consumers=lambda: [Consumer(settings, TICKETING_EVENTS.name, handler, dead_letters, health)],
        own_name=OwnName(settings),
        relay=Relay(settings, producer, waker, health),
        background=[end_when_told],
        beside_pages=[watch],
    )


def api_of(health: Health) -> Callable[..., Any]:
    async def api(scope: dict[str, Any], receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        if scope["type"] == "http":
            ready, _ = await health.ready()
            await send({"type": "http.response.start", "status": 200 if ready else 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    return api


async def end_when_told() -> None:
    """Stands for a role that dies."""
    while "DIE" not in os.environ:  # noqa: ASYNC110 - the environment does not change; this waits for ever
        await asyncio.sleep(60)
    raise RuntimeError("told to die")


async def watch() -> None:
    """Stands for what pages need kept up."""
    print("watching", flush=True)
    await asyncio.Event().wait()


async def echo(_service: Service, arguments: Arguments) -> int:
    print(*arguments)
    return 3


if __name__ == "__main__":
    sys.exit(main(CommandLine("ticketing", build, [Command(["echo <word>..."], echo), *COMMON]), sys.argv[1:]))
