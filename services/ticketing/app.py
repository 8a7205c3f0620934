"""Builds ticketing, top to bottom; this file is the map of the service."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI

from services.ticketing import consumer
from services.ticketing.catalogue import api as catalogue_api
from services.ticketing.catalogue.api import CatalogueDoors
from services.ticketing.catalogue.current import CurrentCatalogue
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.gate.api import conflicts, gate, typed
from services.ticketing.gate.api.doors import GateDoors
from services.ticketing.gate.usecases.find_typed import find_typed
from services.ticketing.gate.usecases.gate_manifest import gate_manifest
from services.ticketing.gate.usecases.list_conflicts import list_conflicts
from services.ticketing.gate.usecases.sync_scans import sync_scans
from services.ticketing.gate.usecases.undo_admission import undo_admission
from services.ticketing.people.api import account, manage, pin_at_gate, sign_in
from services.ticketing.people.api.doors import ManageDoors, Renewal, SignInDoors
from services.ticketing.people.usecases.deeds import tell_deed
from services.ticketing.people.usecases.demo_people import DemoPeople, count_demo_people
from services.ticketing.people.usecases.first_people import (
    ForgetOldTries,
    InviteFirstOperator,
    accept_invitation,
    forget_old_tries,
    invite_first_operator,
    require_invitation,
    seed_people,
    write_demo_sign_ins,
)
from services.ticketing.people.usecases.name_in_audit import name_in_audit
from services.ticketing.people.usecases.own_password import change_own_password, try_own_password
from services.ticketing.people.usecases.own_pin import (
    change_own_pin,
    change_pin_at_gate,
    try_own_pin,
    try_pin_at_gate,
)
from services.ticketing.people.usecases.people import add_person, change_secrets, list_managed, revoke_person
from services.ticketing.people.usecases.phones import make_pairing_code, pair_phone, rename_phone, revoke_phone
from services.ticketing.people.usecases.sessions import end_other_sessions, end_session, see_sessions
from services.ticketing.people.usecases.sign_in import (
    owners_of_phone,
    sign_in_office,
    sign_in_owner,
    try_office,
    try_owner,
)
from services.ticketing.people.usecases.tries import count_try
from services.ticketing.sales.api import cancel, orders
from services.ticketing.sales.api.doors import SalesDoors
from services.ticketing.sales.api.links import Links
from services.ticketing.sales.domain.addresses import AddressHasher
from services.ticketing.sales.usecases.cancel_order import cancel_order
from services.ticketing.sales.usecases.expire_orders import ExpireOrders, expire_orders
from services.ticketing.sales.usecases.forget_addresses import ForgetAddresses, forget_addresses
from services.ticketing.sales.usecases.hash_links import HashLinks, hash_links
from services.ticketing.sales.usecases.place_orders import place_orders
from services.ticketing.sales.usecases.see_order import see_order
from shared.clock import utc_now
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.kafka.consumer import Consumer
from shared.kafka.dead_letters import DeadLetterBox, DeadLetters, timers
from shared.kafka.group_progress import GroupProgress
from shared.kafka.own_name import OwnName
from shared.kafka.producer import Producer
from shared.kafka.relay import Relay, Timer
from shared.keys.files import PASS_KEYS, TICKET_KEYS, Keys, load_keys
from shared.observe.health import Health
from shared.passes.auth import Doors, PassKeys
from shared.passes.revocations import Revocations
from shared.process.service import Service
from shared.seed.reader import read_seed
from shared.settings import Settings, SettingsWrong
from shared.storage.db import create_pool
from shared.unit.audit import read_audit
from shared.unit.bound import Bound, Reader, together
from shared.unit.seals import AUDIT, SEAL_EVERY_S, seal
from shared.unit.unit import Unit
from shared.unit.wake import Waker
from shared.web import audit
from shared.web.app import create_app
from shared.web.audit import AuditDoors
from shared.web.live import Live
from shared.web.pages import Pages

HERE = Path(__file__).parent
WEBS = [HERE / room / "web" for room in ("catalogue", "sales", "gate", "people")]
ROUTERS = (
    catalogue_api.router,
    orders.router,
    cancel.router,
    gate.router,
    typed.router,
    conflicts.router,
    sign_in.router,
    manage.router,
    account.router,
    pin_at_gate.router,
    audit.router_of("ticketing"),
)
OPENINGS = (*orders.OPENINGS, *gate.OPENINGS)


async def build(settings: Settings) -> Service:
    """Everything the service consists of. Nothing is started yet, and no key is read that its roles may not need."""
    pool = await create_pool(settings.database_url, settings.service, settings.pool_size)
    waker = Waker(settings.database_url, solo=settings.solo)
    unit = Unit(pool, settings.service, TICKETING_EVENTS.name, utc_now, waker)
    health = Health(pool)
    producer = Producer(settings.kafka_bootstrap)
    live = Live(pool, waker)
    revocations = Revocations(pool, waker)
    catalogue = CurrentCatalogue(pool)
    heard = GroupProgress(settings, [PAYMENTS_EVENTS], utc_now)

    @cache
    def ticket_keys() -> Keys:
        return load_keys(settings.secrets_dir, TICKET_KEYS)

    @cache
    def api() -> FastAPI:
        """Signs passes, and the tickets of orders that cost nothing."""
        keys, pass_keys = ticket_keys(), load_keys(settings.secrets_dir, PASS_KEYS)
        pages = Pages(WEBS, settings.service, demo=settings.profile == "demo", openings=OPENINGS)
        doors = Doors(PassKeys(pass_keys.public_keys), revocations, utc_now)
        app = create_app(settings.service, ROUTERS, health.ready, doors, pages)
        app.state.catalogue = CatalogueDoors(pages, unit.clock, catalogue)
        app.state.sales = sales_doors(unit, pages, live, catalogue, keys.signer)
        app.state.gate = gate_doors(unit, pages, live, catalogue, keys.public_keys)
        app.state.sign_in = sign_in_doors(unit, pages, pass_keys)
        app.state.account = account_doors(unit, pages, pass_keys)
        app.state.audit = audit_doors(unit, pages)
        app.state.manage = manage_doors(unit, pages, settings.public_origin, pass_keys)
        return app

    @cache
    def dead_letters() -> DeadLetters:
        return DeadLetters(unit, consumer.handler(unit, catalogue, ticket_keys().signer))

    @cache
    def consumers() -> list[Consumer]:
        """Sign the tickets of orders that were paid."""
        letters = dead_letters()
        return [Consumer(settings, topic, letters.handler, letters, health) for topic in consumer.TOPICS]

    return Service(
        name=settings.service,
        settings=settings,
        unit=unit,
        waker=waker,
        health=health,
        dead_letters=DeadLetterBox(unit, lambda letter: dead_letters().again(letter)),
        migrations=HERE / "migrations",
        api=api,
        consumers=consumers,
        own_name=OwnName(settings),
        relay=Relay(settings, producer, waker, health, [*own_timers(unit, catalogue, heard), *timers(pool)]),
        background=[catalogue.run],
        beside_pages=[live.run, revocations.run],
        closers=[heard.close, producer.close],
        seed=partial(_seed, unit, settings),
        live=live,
    )


def own_timers(unit: Unit, catalogue: Callable[[], Catalogue], heard: GroupProgress) -> list[Timer]:
    async def expire() -> None:
        # While payments' events lag, an order may be paid without our knowing it yet. The consumer may be elsewhere.
        until = await heard.handled_until()
        if until is not None:
            await unit.run(partial(expire_orders, catalogue=catalogue), ExpireOrders(until))

    forget = partial(Bound(unit, forget_old_tries), ForgetOldTries())
    forget_where = partial(Bound(unit, forget_addresses), ForgetAddresses())
    hash_old = partial(Bound(unit, hash_links), HashLinks())
    sealing = Timer(SEAL_EVERY_S, partial(seal, unit.pool, unit.clock, AUDIT))
    return [Timer(1.0, expire), Timer(60.0, forget_where), Timer(600.0, forget), Timer(600.0, hash_old), sealing]


def sales_doors(
    unit: Unit, pages: Pages, live: Live, catalogue: Callable[[], Catalogue], signer: TicketSigner
) -> SalesDoors:
    return SalesDoors(
        pages=pages,
        live=live,
        clock=unit.clock,
        catalogue=catalogue,
        addresses=AddressHasher(signer.private_key.private_bytes_raw()),
        links=Links(),
        place_orders=together(unit, partial(place_orders, catalogue=catalogue, signer=signer)),
        cancel_order=Bound(unit, partial(cancel_order, catalogue=catalogue)),
        see_order=Reader(unit.pool, see_order),
    )


def gate_doors(
    unit: Unit,
    pages: Pages,
    live: Live,
    catalogue: Callable[[], Catalogue],
    public_keys: Mapping[int, Ed25519PublicKey],
) -> GateDoors:
    return GateDoors(
        pages=pages,
        live=live,
        clock=unit.clock,
        catalogue=catalogue,
        public_keys=public_keys,
        sync_scans=together(
            unit,
            partial(sync_scans, catalogue=catalogue, public_keys=public_keys),
            lambda command: len(command.taken),
        ),
        undo_admission=Bound(unit, partial(undo_admission, catalogue=catalogue)),
        gate_manifest=Bound(unit, gate_manifest),
        find_typed=Reader(unit.pool, find_typed),
        list_conflicts=Bound(unit, list_conflicts),
    )


def sign_in_doors(unit: Unit, pages: Pages, pass_keys: Keys) -> SignInDoors:
    return SignInDoors(
        pages=pages,
        clock=unit.clock,
        pass_keys=pass_keys,
        try_office=Bound(unit, try_office),
        sign_in_office=Bound(unit, sign_in_office),
        owners_of_phone=Bound(unit, owners_of_phone),
        try_owner=Bound(unit, try_owner),
        sign_in_owner=Bound(unit, sign_in_owner),
        end_session=Bound(unit, end_session),
        count_try=Bound(unit, count_try),
        pair_phone=Bound(unit, pair_phone),
        require_invitation=Bound(unit, require_invitation),
        accept_invitation=Bound(unit, accept_invitation),
    )


def account_doors(unit: Unit, pages: Pages, pass_keys: Keys) -> account.AccountDoors:
    return account.AccountDoors(
        pages=pages,
        renewal=Renewal(unit.clock, pass_keys.signer),
        see_sessions=Bound(unit, see_sessions),
        end_session=Bound(unit, end_session),
        end_other_sessions=Bound(unit, end_other_sessions),
        try_own_password=Bound(unit, try_own_password),
        change_own_password=Bound(unit, change_own_password),
        try_own_pin=Bound(unit, try_own_pin),
        change_own_pin=Bound(unit, change_own_pin),
        try_pin_at_gate=Bound(unit, try_pin_at_gate),
        change_pin_at_gate=Bound(unit, change_pin_at_gate),
    )


def audit_doors(unit: Unit, pages: Pages) -> AuditDoors:
    read, names = Reader(unit.pool, read_audit), Reader(unit.pool, name_in_audit)
    return AuditDoors("ticketing", pages, read, names, template="sign_in/audit.html")


def manage_doors(unit: Unit, pages: Pages, origin: str, pass_keys: Keys) -> ManageDoors:
    return ManageDoors(
        pages=pages,
        origin=origin,
        list_managed=Bound(unit, list_managed),
        tell_deed=Bound(unit, tell_deed),
        add_person=Bound(unit, add_person),
        change_secrets=Bound(unit, change_secrets),
        revoke_person=Bound(unit, revoke_person),
        make_pairing_code=Bound(unit, make_pairing_code),
        rename_phone=Bound(unit, rename_phone),
        revoke_phone=Bound(unit, revoke_phone),
        renewal=Renewal(unit.clock, pass_keys.signer),
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
