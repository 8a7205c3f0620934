"""Builds ticketing, top to bottom; this file is the map of the service."""

import asyncio
from functools import partial
from pathlib import Path

from services.ticketing import consumer
from services.ticketing.catalogue.current import Offer
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from services.ticketing.gate.api import conflicts, gate
from services.ticketing.gate.usecases.admit import GateOffice
from services.ticketing.people.api import manage, sign_in
from services.ticketing.people.api.web import Web
from services.ticketing.people.usecases.demo_people import DemoPeople, count_demo_people
from services.ticketing.people.usecases.first_people import (
    ForgetOldTries,
    InviteFirstOperator,
    forget_old_tries,
    invite_first_operator,
    seed_people,
    write_demo_sign_ins,
)
from services.ticketing.sales.api import cancel, orders
from services.ticketing.sales.usecases.expire_orders import ExpireOrders, expire_orders
from services.ticketing.sales.usecases.issue_tickets import Office, TicketSigner
from shared.clock import utc_now
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.consumer import Consumer
from shared.kafka.dead_letters import DeadLetters
from shared.kafka.group_progress import GroupProgress
from shared.kafka.producer import Producer
from shared.kafka.relay import Relay, Timer
from shared.observe.health import Health
from shared.passes.auth import Doors
from shared.passes.keys import read_private_key, read_public_key
from shared.passes.revocations import Revocations
from shared.process.roles import Service
from shared.seed.reader import read_seed
from shared.settings import Settings, SettingsWrong
from shared.storage.db import create_pool
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web.app import create_app
from shared.web.live import Live
from shared.web.pages import Pages

HERE = Path(__file__).parent
WEBS = [HERE / room / "web" for room in ("catalogue", "sales", "gate", "people")]
TICKET_KEY_ID = 1
ROUTERS = (orders.router, cancel.router, gate.router, conflicts.router, sign_in.router, manage.router)
OPENINGS = (*orders.OPENINGS, *gate.OPENINGS)


async def build(settings: Settings) -> Service:
    """Everything the service consists of. Nothing is started yet."""
    pool = await create_pool(settings.database_url, settings.service, settings.pool_size)
    waker = Waker(settings.database_url, solo=settings.solo)
    unit = Unit(pool, settings.service, TICKETING_EVENTS.name, utc_now, waker)
    health = Health(pool)
    dead_letters = DeadLetters(settings, unit)
    producer = Producer(settings.kafka_bootstrap)
    closing = asyncio.Event()
    live = Live(pool, waker, closing)
    revocations = Revocations(pool, waker)
    offer = Offer(pool)
    heard = GroupProgress(settings, [PAYMENTS_EVENTS], utc_now)
    signer = TicketSigner(TICKET_KEY_ID, read_private_key(settings.secrets_dir / f"ticket-key-{TICKET_KEY_ID}.pem"))
    office = Office(offer, signer)
    pages = Pages(WEBS, settings.service, demo=settings.profile == "demo", openings=OPENINGS)
    doors = Doors(read_public_key(settings.secrets_dir / "pass-public.pem"), revocations, utc_now)
    api = create_app(settings.service, ROUTERS, health.ready, doors, pages)
    api.state.web = Web(unit, pages, read_private_key(settings.secrets_dir / "pass-key.pem"), settings.public_origin)
    api.state.gate = gate.GateDesk(
        unit, pages, live, GateOffice(offer, {TICKET_KEY_ID: signer.private_key.public_key()})
    )
    api.state.shop = orders.Shop(unit, pages, live, office)

    async def expire() -> None:
        # While payments' events lag, an order may be paid without our knowing it yet. The consumer may be elsewhere.
        until = await heard.handled_until()
        if until is not None:
            await unit.run(partial(expire_orders, catalogue=offer), ExpireOrders(until))

    async def forget() -> None:
        await unit.run(forget_old_tries, ForgetOldTries())

    return Service(
        name=settings.service,
        settings=settings,
        unit=unit,
        waker=waker,
        health=health,
        dead_letters=dead_letters,
        migrations=HERE / "migrations",
        api=api,
        consumers=[Consumer(settings, consumer.TOPICS, consumer.handler(unit, office), dead_letters, health)],
        relay=Relay(settings, producer, waker, health, [Timer(1.0, expire), Timer(600.0, forget)]),
        background=[live.run, revocations.run, offer.run],
        closers=[heard.close, producer.close],
        seed=partial(_seed, unit, settings),
        closing=closing,
    )


async def _seed(unit: Unit, settings: Settings) -> None:
    seed = read_seed()
    await unit.run(load_catalogue, seed)
    if settings.profile == "demo":
        await seed_people(unit, seed.people)
        write_demo_sign_ins(settings.demo_sign_ins, seed.people, settings.public_origin)
        return
    left = await unit.run(count_demo_people, DemoPeople([person.person_id for person in seed.people]))
    if left:
        raise SettingsWrong(
            f"{left} made-up people whose PINs are known are in this database, so it cannot be for real yet: run"
            " `./run ticketing people remove-demo` while it runs with PROFILE=demo, then start again"
        )
    token = await unit.run(invite_first_operator, InviteFirstOperator())
    if token is not None:
        print(f"Invitation for the first operator: {settings.public_origin}/sign-in/invitation?token={token}")
