"""All services as their app.py builds them, without sockets, with people and phones at one venue and at another."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from deploy.local.secrets import ensure_secrets
from deploy.simulator import app as simulator
from deploy.simulator.bank import Bank
from deploy.simulator.settings import Settings as SimulatorSettings
from services.analytics import app as analytics
from services.payments import app as payments
from services.payments.merchants.usecases import note_venue
from services.ticketing import app as ticketing
from services.ticketing.catalogue.usecases.load_catalogue import load_catalogue
from services.ticketing.people.domain import Device, DeviceKind, HashedPin, Person, hash_pin
from services.ticketing.people.store import insert_device, insert_person
from services.ticketing.people.usecases.passwords import hash_password
from shared.clock import utc_now
from shared.events.ticketing import VenueChanged
from shared.events.words import PersonRole
from shared.ids import DeviceId, PersonId, VenueId, uuid7
from shared.keys.files import PASS_KEYS, Signer, load_keys
from shared.passes.auth import Doors, Pass, Role, sign_pass
from shared.passes.revocations import revoke
from shared.process.service import Service
from shared.seed.reader import read_seed
from shared.settings import Settings
from tests.support.cluster import MIGRATIONS, Cluster
from tests.support.doors_table import SERVICES
from tests.support.topics import own_topics
from tests.support.waiting import PATIENCE_S

VENUE, OTHER = VenueId("cot-co-lung-cu"), VenueId("nha-vuong-sa-phin")
PIN, PASSWORD = "483920", "a-long-password"
ORIGIN = "https://doors.test"
_BUILDS = {"ticketing": ticketing.build, "payments": payments.build, "analytics": analytics.build}
_PREFIXES = {
    "/owner": "payments",
    "/manage/audit/payments": "payments",
    "/province": "analytics",
    "/manage/audit/analytics": "analytics",
    "/bank": "simulator",
}


@dataclass(slots=True)
class World:
    """The services, and who and what there is. Nobody comes in by anything but a pass or a sign-in."""

    services: dict[str, Service]
    apps: dict[str, FastAPI]
    key: Signer
    pin: HashedPin
    password_hash: str
    people: dict[Role, PersonId] = field(default_factory=dict[Role, PersonId])
    phones: dict[str, DeviceId] = field(default_factory=dict[str, DeviceId])
    revoked_person: UUID = field(default_factory=uuid4)
    revoked_phone: UUID = field(default_factory=uuid4)

    def browser(self, service: str, *, language: str = "en") -> httpx.AsyncClient:
        headers = {"accept-language": language}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.apps[service]), base_url=ORIGIN, headers=headers)

    async def add_person(self, role: PersonRole, venue_id: str) -> PersonId:
        """Somebody new, with PIN and password; their login is their id."""
        person_id = PersonId(uuid7())
        person = Person(
            person_id=person_id,
            login=str(person_id),
            display_name=f"A {role}",
            role=role,
            venues=(venue_id,) if role in ("gate", "manager", "owner") else (),
            pin_salt=self.pin.salt,
            pin_hash=self.pin.hash,
            password_hash=self.password_hash,
        )
        async with self.services["ticketing"].unit.pool.acquire() as connection:
            assert await insert_person(connection, person, utc_now())
        return person_id

    async def add_phone(self, kind: DeviceKind, venue_id: str) -> DeviceId:
        device_id = DeviceId(uuid7())
        device = Device(device_id=device_id, kind=kind, venues=(venue_id,), name="Phone", paired_at=utc_now())
        async with self.services["ticketing"].unit.pool.acquire() as connection:
            await insert_device(connection, device, self.people[Role.OPERATOR])
        return device_id

    def issued(self, role: Role, venue_id: str = VENUE) -> Pass:
        """What ticketing would sign for somebody of this role at this venue."""
        now = utc_now()
        phone = self.phones[venue_id]
        subject = phone if role is Role.DEVICE else self.people[role]
        device_id = phone if role in (Role.DEVICE, Role.GATE, Role.OWNER) else None
        venues = () if role in (Role.PROVINCE, Role.OPERATOR) else (venue_id,)
        return Pass(subject, role, venues, "", device_id, now - timedelta(minutes=1), now + timedelta(hours=1))

    def token(self, issued: Pass) -> str:
        return sign_pass(issued, self.key)

    async def furnish(self) -> None:
        await self.services["ticketing"].unit.run(load_catalogue, read_seed())
        roles: tuple[PersonRole, ...] = ("operator", "gate", "manager", "owner", "province")
        for role in roles:
            self.people[Role(role)] = await self.add_person(role, VENUE)
        for venue_id in (VENUE, OTHER):
            self.phones[venue_id] = await self.add_phone("owner", venue_id)
        seed = self.services["payments"].seed
        assert seed is not None
        await seed()
        for venue_id in (VENUE, OTHER):
            await self.services["payments"].unit.run(note_venue, _venue(venue_id))

    async def shut_out(self) -> None:
        for name, service in self.services.items():
            async with service.unit.pool.acquire() as connection:
                for subject in (self.revoked_person, self.revoked_phone):
                    await revoke(connection, subject)
            doors = self.apps[name].state.doors
            assert isinstance(doors, Doors)
            await doors.revocations.refresh()


def service_of(path: str) -> str:
    """The service that answers an address, as deploy/Caddyfile shares them out."""
    found = [name for prefix, name in _PREFIXES.items() if path.removeprefix("/api").startswith(prefix)]
    return found[0] if found else "ticketing"


@asynccontextmanager
async def open_world(cluster: Cluster, folder: Path) -> AsyncGenerator[World]:
    """Every service on a database of its own; streams end after their start, so that they can be asked like pages."""
    ensure_secrets(folder)
    prefix = f"doors{uuid4().hex[:8]}."
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": cluster.kafka_bootstrap,
        "TOPIC_PREFIX": prefix,
        "SECRETS_DIR": str(folder),
        "PUBLIC_ORIGIN": ORIGIN,
        "PROFILE": "demo",
        "DATABASE_POOL_SIZE": "4",
    }
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(own_topics(cluster.kafka_bootstrap, prefix))
        services = {name: await _built(name, environment, cluster, stack) for name in _BUILDS}
        apps = {name: service.api() for name, service in services.items() if service.api is not None}
        bank = Bank(cluster.kafka_bootstrap, prefix)
        stack.push_async_callback(bank.close)
        apps["simulator"] = simulator.build(SimulatorSettings.read(environment), bank)
        assert set(apps) == set(SERVICES)
        ours = {name: app for name, app in apps.items() if isinstance(app, FastAPI)}
        key = load_keys(folder, PASS_KEYS).signer
        world = World(services, ours, key, hash_pin(PIN), await hash_password(PASSWORD))
        await world.furnish()
        await world.shut_out()
        async with asyncio.timeout(PATIENCE_S), world.browser("ticketing") as browser:
            while (await browser.get(f"/venues/{VENUE}")).status_code != 200:  # noqa: ASYNC110 - the catalogue is read beside us
                await asyncio.sleep(0.05)
        yield world


async def _built(name: str, environment: dict[str, str], cluster: Cluster, stack: AsyncExitStack) -> Service:
    url = await stack.enter_async_context(cluster.database(f"doors_{name}", MIGRATIONS[name]))
    service = await _BUILDS[name](Settings.read(name, {**environment, f"{name.upper()}_DATABASE_URL": url}))
    stack.push_async_callback(service.unit.pool.close)
    for close in service.closers:
        stack.push_async_callback(close)
    for work in (*service.background, *service.beside_pages):
        stack.callback(asyncio.ensure_future(work()).cancel)
    assert service.live is not None
    service.live.close()
    return service


def _venue(venue_id: VenueId) -> VenueChanged:
    now = utc_now()
    return VenueChanged(
        version=1,
        occurred_at=now,
        recorded_at=now,
        venue_id=venue_id,
        name_vi="Điểm",
        name_en="Venue",
        kind="scenic_site",
        old_district_code="026",
        new_commune_code="00715",
        on_sale=True,
    )
