"""Builds analytics, top to bottom; this file is the map of the service."""

from functools import cache, partial
from pathlib import Path

from fastapi import FastAPI

from services.analytics.stream.dead_letters import box_of
from services.analytics.stream.log_reader import EVERYTHING, PartitionShare
from services.analytics.stream.worker import Worker
from services.analytics.web import api
from shared.clock import utc_now
from shared.observe.health import Health
from shared.passes.auth import Doors, PassKeys
from shared.passes.revocations import Revocations
from shared.process.service import Service
from shared.settings import Settings, SettingsWrong
from shared.storage.db import create_pool
from shared.unit.audit import read_audit
from shared.unit.bound import Reader
from shared.unit.seals import keep_audit_sealed
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web import audit
from shared.web.app import create_app
from shared.web.audit import AuditDoors
from shared.web.live import Live
from shared.web.pages import Pages

HERE = Path(__file__).parent
WEBS = [HERE / "web"]
ROUTERS = (api.router, audit.router_of("analytics"))


async def build(settings: Settings) -> Service:
    """Everything the service consists of. Nothing is started yet, and no key is read that its roles may not need.

    It says nothing, so it has no relay.
    """
    pool = await create_pool(settings.database_url, settings.service, settings.pool_size)
    waker = Waker(settings.database_url, solo=settings.solo)
    unit = Unit(pool, settings.service, None, utc_now, waker)
    health = Health(pool)
    live = Live(pool, waker)
    revocations = Revocations(pool, waker)
    share = share_of(settings.analytics_share)

    @cache
    def app() -> FastAPI:
        """Checks passes."""
        pages = Pages(WEBS, settings.service, home="/province", demo=settings.profile == "demo")
        doors = Doors(PassKeys.in_folder(settings.secrets_dir), revocations, utc_now)
        app = create_app(settings.service, ROUTERS, health.ready, doors, pages)
        app.state.province = api.ProvinceDoors(pool, live, pages, utc_now)
        app.state.audit = AuditDoors("analytics", pages, Reader(pool, read_audit))
        return app

    return Service(
        name=settings.service,
        settings=settings,
        unit=unit,
        waker=waker,
        health=health,
        dead_letters=box_of(unit, settings.topic_prefix),
        migrations=HERE / "migrations",
        api=app,
        consumers=cache(lambda: [Worker(settings, unit, health, share)]),
        background=[partial(keep_audit_sealed, pool, unit.clock)],
        beside_pages=[live.run, revocations.run],
        live=live,
    )


def share_of(text: str) -> PartitionShare:
    """ANALYTICS_SHARE: "2/4" reads every fourth partition, beginning with the second."""
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise SettingsWrong(f"ANALYTICS_SHARE is {text!r}; it must be like 1/1 or 2/4")
    return PartitionShare(int(number) - 1, int(count)) if text != "1/1" else EVERYTHING
