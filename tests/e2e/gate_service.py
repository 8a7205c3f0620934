"""The doors of the gate as a process of its own: what a phone at the gate talks to, and nothing else of ticketing."""

import sys
from pathlib import Path

from services.ticketing.api import gate
from services.ticketing.store.catalogue import read_catalogue
from services.ticketing.usecases.admit import GateOffice
from shared.auth import Doors
from shared.clock import utc_now
from shared.db import create_pool
from shared.dead_letters import DeadLetters
from shared.health import Health
from shared.http import create_app
from shared.keys import read_private_key, read_public_key
from shared.live import Live
from shared.pages import Pages
from shared.revocations import Revocations
from shared.roles import Service, main
from shared.settings import Settings
from shared.topics import TICKETING_EVENTS
from shared.unit import Unit
from shared.wake import Waker

TICKETING = Path(gate.__file__).parent.parent


async def build(settings: Settings) -> Service:
    pool = await create_pool(settings.database_url, settings.service, settings.pool_size)
    waker = Waker(settings.database_url, solo=False)
    unit = Unit(pool, settings.service, TICKETING_EVENTS.name, utc_now, waker)
    health = Health(pool)
    revocations = Revocations(pool, waker)
    doors = Doors(read_public_key(settings.secrets_dir / "pass-public.pem"), revocations, utc_now)
    pages = Pages(TICKETING / "web", settings.service)
    async with pool.acquire() as connection:
        catalogue = await read_catalogue(connection)
    ticket_key = read_private_key(settings.secrets_dir / "ticket-key-1.pem")
    service = Service(
        name=settings.service,
        settings=settings,
        unit=unit,
        waker=waker,
        health=health,
        dead_letters=DeadLetters(settings, unit),
        migrations=TICKETING / "migrations",
    )
    live = Live(pool, waker, service.closing)
    api = create_app(settings.service, [gate.router], health.ready, doors, pages)
    api.state.gate = gate.GateDesk(unit, pages, live, GateOffice(lambda: catalogue, {1: ticket_key.public_key()}))
    service.api = api
    service.background = [live.run, revocations.run]
    return service


if __name__ == "__main__":
    sys.exit(main(build, sys.argv[1:], service="ticketing"))
