"""An owner's PIN stays at the server: no phone is told its hash, and an owner's phone opens under the sign-in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.ticketing.people.domain import Actor, Person, hash_pin
from services.ticketing.people.store import insert_person
from services.ticketing.people.usecases.people import RevokePerson, revoke_person
from shared.clock import utc_now
from shared.events.words import PersonRole
from shared.ids import PersonId, uuid7
from shared.passes.auth import Pass, Role, sign_pass
from tests.support.cluster import Cluster
from tests.support.gate import VENUE, Phone
from tests.support.gate_doors import Gate, Json, open_gate

OPERATOR = Actor("operator", ())
PIN = hash_pin("280614")


@pytest.fixture
async def at_gate(cluster: Cluster) -> AsyncIterator[Gate]:
    async with open_gate(cluster) as opened:
        yield opened


async def add(at_gate: Gate, role: PersonRole, venues: tuple[str, ...] = (VENUE,)) -> Person:
    person = Person(
        person_id=PersonId(uuid7()),
        login=f"new-{role}-{venues[0]}",
        display_name=f"New {role}",
        role=role,
        venues=venues,
        pin_salt=PIN.salt,
        pin_hash=PIN.hash,
    )
    async with at_gate.venue.pool.acquire() as connection:
        await insert_person(connection, person, utc_now())
    return person


@dataclass(frozen=True, slots=True)
class SignIn:
    """How an owner came by a pass: when, on which phone, and as what."""

    at: datetime
    device_id: UUID
    role: Role = Role.OWNER


async def host_of(at_gate: Gate, phone: Phone, owner: Person, sign_in: SignIn) -> Json | None:
    """Who is at the phone, by what the manifest says."""
    expires_at = sign_in.at + timedelta(days=7)
    issued = Pass(owner.person_id, sign_in.role, owner.venues, "", sign_in.device_id, sign_in.at, expires_at)
    cookies = {**phone.cookies, "__Host-owner": sign_pass(issued, at_gate.venue.pass_key)}
    manifest = (await at_gate.manifest(Phone(phone.device_id, phone.name, cookies)))["manifest"]
    assert str(owner.person_id) not in {person["person_id"] for person in manifest["people"]}
    host: Json | None = manifest["host"]
    return host


async def test_no_phone_is_told_the_hash_of_an_owners_pin_and_each_that_of_its_staff(at_gate: Gate) -> None:
    for role in ("owner", "manager", "gate"):
        await add(at_gate, role)
    gate_phone = await at_gate.venue.pair("East gate")
    owners_phone = await at_gate.venue.pair("Owner's phone", kind="owner")
    for phone, is_owners in ((gate_phone, False), (owners_phone, True)):
        manifest = (await at_gate.manifest(phone))["manifest"]
        names = {person["display_name"] for person in manifest["people"]}
        assert names >= {"New manager", "New gate"}
        assert "New owner" not in names
        assert (manifest["for_owner"], manifest["has_hosts"], manifest["host"]) == (is_owners, True, None)


async def test_an_owners_phone_opens_for_12_hours_after_the_owner_signed_in_on_it(at_gate: Gate) -> None:
    owner = await add(at_gate, "owner")
    phone = await at_gate.venue.pair("Owner's phone", kind="owner")
    recent = utc_now() - timedelta(hours=11, minutes=59)
    host = await host_of(at_gate, phone, owner, SignIn(recent, phone.device_id))
    assert host is not None
    assert (host["person_id"], host["display_name"]) == (str(owner.person_id), "New owner")
    assert datetime.fromisoformat(host["until"]) == recent + timedelta(hours=12)


async def test_no_other_sign_in_opens_an_owners_phone(at_gate: Gate) -> None:
    owner, stranger = await add(at_gate, "owner"), await add(at_gate, "owner", ("nha-vuong-sa-phin",))
    phone, other = [await at_gate.venue.pair(name, kind="owner") for name in ("Owner's phone", "Other phone")]
    gate_phone = await at_gate.venue.pair("East gate")
    now = utc_now() - timedelta(minutes=1)
    refused = [
        (phone, owner, SignIn(now - timedelta(hours=12), phone.device_id)),
        (phone, owner, SignIn(now, other.device_id)),
        (phone, owner, SignIn(now, phone.device_id, Role.DEVICE)),
        (phone, stranger, SignIn(now, phone.device_id)),
        (gate_phone, owner, SignIn(now, gate_phone.device_id)),
    ]
    for at, who, sign_in in refused:
        assert await host_of(at_gate, at, who, sign_in) is None
    assert await host_of(at_gate, phone, owner, SignIn(now, phone.device_id)) is not None
    operator = await at_gate.venue.pool.fetchval("SELECT person_id FROM persons LIMIT 1")
    await at_gate.venue.unit.run(revoke_person, RevokePerson(operator, OPERATOR, owner.person_id))
    assert await host_of(at_gate, phone, owner, SignIn(now, phone.device_id)) is None
