"""Builds payments, top to bottom; this file is the map of the service."""

from functools import cache, partial
from pathlib import Path

from fastapi import FastAPI

from services.payments import consumer, metrics
from services.payments.books.store.postings import POSTINGS
from services.payments.books.store.verification import verify_books
from services.payments.cash.usecases import record_cash, take_back_cash
from services.payments.intents.usecases.open_intents import charge_guest
from services.payments.merchants.domain import Merchant
from services.payments.merchants.usecases import load_merchants, name_in_audit
from services.payments.owner import api as owner
from services.payments.owner.usecases import see_charge, see_day, see_home
from shared.clock import utc_now
from shared.events.topics import PAYMENTS_EVENTS
from shared.kafka.consumer import Consumer
from shared.kafka.dead_letters import DeadLetters, timers
from shared.kafka.own_name import OwnName
from shared.kafka.producer import Producer
from shared.kafka.relay import Relay, Timer
from shared.observe.health import Health
from shared.passes.auth import Doors, PassKeys
from shared.passes.revocations import Revocations
from shared.process.service import Service
from shared.seed.reader import read_seed
from shared.settings import Settings
from shared.storage.db import create_pool
from shared.unit.audit import read_audit
from shared.unit.bound import Bound, Reader
from shared.unit.findings import Finding
from shared.unit.seals import AUDIT, SEAL_EVERY_S, seal
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web import audit
from shared.web.app import create_app
from shared.web.audit import AuditDoors
from shared.web.live import Live
from shared.web.pages import Pages

HERE = Path(__file__).parent
WEBS = [HERE / room / "web" for room in ("merchants", "intents", "transfers", "cash", "owner")]
ROUTERS = (owner.router, audit.router_of("payments"))
# It reads all intents and postings: 4 s for a million of each. Then it comes every 7 minutes.
_VERIFY_EVERY_S, _VERIFY_SHARE = 15.0, 0.01


async def build(settings: Settings) -> Service:
    """Everything the service consists of. Nothing is started yet, and no key is read that its roles may not need."""
    pool = await create_pool(settings.database_url, settings.service, settings.pool_size)
    waker = Waker(settings.database_url, solo=settings.solo)
    unit = Unit(pool, settings.service, PAYMENTS_EVENTS.name, utc_now, waker)
    health = Health(pool)
    handler = consumer.handler(unit)
    dead_letters = DeadLetters(unit, handler)
    producer = Producer(settings.kafka_bootstrap)
    live = Live(pool, waker)
    revocations = Revocations(pool, waker)

    @cache
    def api() -> FastAPI:
        """Checks passes."""
        pages = Pages(WEBS, settings.service, home="/owner", demo=settings.profile == "demo")
        doors = Doors(PassKeys.in_folder(settings.secrets_dir), revocations, utc_now)
        app = create_app(settings.service, ROUTERS, health.ready, doors, pages)
        app.state.owner = owner_doors(unit, pages, live)
        app.state.audit = AuditDoors("payments", pages, Reader(pool, read_audit), Reader(pool, name_in_audit))
        return app

    @cache
    def consumers() -> list[Consumer]:
        return [Consumer(settings, topic, handler, dead_letters, health) for topic in consumer.TOPICS]

    sealing = [Timer(SEAL_EVERY_S, partial(seal, pool, unit.clock, table)) for table in (AUDIT, POSTINGS)]

    async def verify() -> None:
        _measure(await verify_books(pool))

    verifying = Timer(_VERIFY_EVERY_S, verify, _VERIFY_SHARE)

    return Service(
        name=settings.service,
        settings=settings,
        unit=unit,
        waker=waker,
        health=health,
        dead_letters=dead_letters.box,
        migrations=HERE / "migrations",
        api=api,
        consumers=consumers,
        own_name=OwnName(settings),
        relay=Relay(settings, producer, waker, health, [verifying, *sealing, *timers(pool)]),
        beside_pages=[live.run, revocations.run],
        closers=[producer.close],
        seed=partial(_seed, unit, settings),
        live=live,
    )


def owner_doors(unit: Unit, pages: Pages, live: Live) -> owner.OwnerDoors:
    return owner.OwnerDoors(
        pages=pages,
        live=live,
        clock=unit.clock,
        charge_guest=Bound(unit, charge_guest),
        record_cash=Bound(unit, record_cash),
        take_back_cash=Bound(unit, take_back_cash),
        see_day=Reader(unit.pool, see_day),
        see_home=Reader(unit.pool, see_home),
        see_charge=Reader(unit.pool, see_charge),
    )


async def _seed(unit: Unit, settings: Settings) -> None:
    merchants = [
        Merchant(
            merchant_id=row.merchant_id,
            venue_id=row.venue_id,
            name=row.name,
            bank_bin=row.bank_bin,
            account_number=row.account_number,
            account_name=row.account_holder,
        )
        for row in read_seed().merchants
    ]
    if settings.profile == "demo":
        await unit.run(load_merchants, merchants)


def _measure(findings: list[Finding]) -> None:
    metrics.INVARIANTS_BROKEN.set(sum(not finding.ok for finding in findings))
    money = next(finding.detail for finding in findings if finding.invariant == "money_in_is_placed")
    metrics.MONEY_IN.set(int(money["money_in_vnd"]))
    for place in ("allocated", "suspense", "refunded"):
        metrics.MONEY_PLACED.labels(place).set(int(money[f"{place}_vnd"]))
