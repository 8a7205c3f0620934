"""People: seeing who is there, adding somebody, new PINs and passwords, and revoking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.catalogue.store import read_catalogue
from services.ticketing.people import store
from services.ticketing.people.domain import (
    BY_PIN,
    Actor,
    HashedPin,
    LoginTaken,
    Person,
    PersonInvalid,
    fold_login,
    hash_pin,
    require_good_password,
    require_good_pin,
    require_may_manage_person,
    require_person,
)
from services.ticketing.people.store import ListedPhone
from services.ticketing.people.usecases.passwords import QUEUE, hash_password
from services.ticketing.people.usecases.sessions import end_passes_of_person
from services.ticketing.people.usecases.tries import forget_all
from shared.errors import Forbidden, NotFound
from shared.events.ticketing import PersonRevoked
from shared.events.words import PersonRole
from shared.ids import PersonId, uuid7
from shared.passes import revocations
from shared.unit import audit
from shared.unit.tx import Tx


class UnknownPerson(NotFound):
    """There is no such person, or they were revoked."""

    code = "unknown_person"


@dataclass(frozen=True, slots=True)
class Managed:
    """Whom and what a manager or operator manages."""

    people: Sequence[Person]
    phones: Sequence[ListedPhone]
    venues: Sequence[Venue]


async def list_managed(tx: Tx, command: Actor, now: datetime) -> Managed:
    """People, phones and venues of a manager's venues, or all of them for an operator."""
    venues = (await read_catalogue(tx.connection)).venues.values()
    if command.role == "operator":
        people, phones = await store.all_persons(tx.connection), await store.all_devices(tx.connection)
        return Managed(people, phones, list(venues))
    people = await store.persons_of_venues(tx.connection, command.venues)
    phones = await store.devices_of_venues(tx.connection, command.venues)
    return Managed(people, phones, [venue for venue in venues if command.sees(venue.venue_id)])


@dataclass(frozen=True, slots=True)
class Secrets:
    """What somebody will sign in with, as it was typed; "" = none, or as it is."""

    pin: str = ""
    password: str = ""
    login: str = ""


@dataclass(frozen=True, slots=True)
class HashedSecrets:
    """The same as it is stored; None = none, or as it is."""

    pin: HashedPin | None
    password_hash: str | None


async def hashed(secrets: Secrets, address: str) -> HashedSecrets:
    """The door asks for these before the transaction, since they take long; raises WeakSecret or Busy.

    address: where it was typed.
    """
    if secrets.pin:
        require_good_pin(secrets.pin)
    if secrets.password:
        require_good_password(secrets.password, fold_login(secrets.login))
    with QUEUE.place(address):
        pin = await QUEUE.turn(hash_pin, secrets.pin) if secrets.pin else None
        password_hash = await hash_password(secrets.password) if secrets.password else None
    return HashedSecrets(pin, password_hash)


@dataclass(frozen=True, slots=True)
class AddPerson:
    actor_id: PersonId | None
    actor: Actor
    login: str
    display_name: str
    role: PersonRole
    venues: tuple[str, ...]
    secrets: HashedSecrets
    scope: str = ""


@dataclass(frozen=True, slots=True)
class AddedPerson:
    person_id: UUID


async def add_person(tx: Tx, command: AddPerson, now: datetime) -> AddedPerson:
    """The new person; raises Forbidden, PersonInvalid or LoginTaken."""
    login, name = fold_login(command.login), command.display_name.strip()
    require_may_manage_person(command.actor, command.role, command.venues)
    require_person(login, name, command.role, command.venues)
    await require_known_venues(tx, command.venues)
    # A phone asks for a PIN, an office for a password: without its own the person could not come in.
    pin, password_hash = command.secrets.pin, command.secrets.password_hash
    if (pin if command.role in BY_PIN else password_hash) is None:
        raise PersonInvalid(field="secret")
    person = Person(
        person_id=PersonId(uuid7()),
        login=login,
        display_name=name,
        role=command.role,
        venues=command.venues,
        scope=command.scope,
        pin_salt=None if pin is None else pin.salt,
        pin_hash=None if pin is None else pin.hash,
        password_hash=password_hash,
    )
    if not await store.insert_person(tx.connection, person, now):
        raise LoginTaken
    await audit.note(
        tx.connection, now, command.actor_id, "person_added", f"person:{person.person_id}", role=command.role
    )
    touch_people(tx, person.venues)
    return AddedPerson(person.person_id)


@dataclass(frozen=True, slots=True)
class ChangeSecrets:
    actor_id: PersonId
    actor: Actor
    person_id: PersonId
    secrets: HashedSecrets
    kept_session: UUID | None = None


async def change_secrets(tx: Tx, command: ChangeSecrets, now: datetime) -> bool:
    """True; what is None stays as it is, and the person's passes end. Raises UnknownPerson or Forbidden.

    For oneself, kept_session stays, and the door issues a fresh pass of it.
    """
    person = await _person_to_manage(tx, command.actor, command.person_id)
    pin, password_hash = command.secrets.pin, command.secrets.password_hash
    version = await store.change_person_secrets(tx.connection, person.person_id, pin, password_hash)
    await forget_all(tx, person.login, person.person_id)
    await end_passes_of_person(tx, person.person_id, version, now, command.kept_session)
    changed = {"pin": pin is not None, "password": password_hash is not None}
    await audit.note(tx.connection, now, command.actor_id, "secrets_changed", f"person:{person.person_id}", **changed)
    touch_people(tx, person.venues)
    return True


@dataclass(frozen=True, slots=True)
class RevokePerson:
    actor_id: PersonId
    actor: Actor
    person_id: PersonId


async def revoke_person(tx: Tx, command: RevokePerson, now: datetime) -> bool:
    """True; from now on no pass of theirs opens anything. Raises UnknownPerson or Forbidden.

    Nobody revokes themselves: the last operator would leave a house without a key.
    """
    if command.person_id == command.actor_id:
        raise Forbidden
    person = await _person_to_manage(tx, command.actor, command.person_id)
    version = await store.revoke_person(tx.connection, person.person_id, now)
    if version is None:
        raise UnknownPerson
    await revocations.revoke(tx.connection, person.person_id)
    await audit.note(tx.connection, now, command.actor_id, "person_revoked", f"person:{person.person_id}")
    tx.emit(PersonRevoked(version=version, occurred_at=now, recorded_at=now, person_id=person.person_id))
    touch_people(tx, person.venues)
    return True


async def require_known_venues(tx: Tx, venues: Sequence[str]) -> None:
    known = (await read_catalogue(tx.connection)).venues
    if not set(venues) <= set(known):
        raise PersonInvalid(field="venues")


async def _person_to_manage(tx: Tx, actor: Actor, person_id: PersonId) -> Person:
    person = await store.find_person(tx.connection, person_id)
    if person is None or person.is_revoked:
        raise UnknownPerson
    require_may_manage_person(actor, person.role, person.venues)
    return person


def touch_people(tx: Tx, venues: Iterable[str]) -> None:
    """The gate phones of these venues ask anew who may stand at them."""
    for venue_id in venues:
        tx.touch("people", venue_id)
