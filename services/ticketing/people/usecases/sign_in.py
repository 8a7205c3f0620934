"""Signing in: a try is counted by one use-case, and its outcome written by another. The door signs the pass.

The look at the password or PIN stands between the two, at the door: it takes long, and a transaction must not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.people import store
from services.ticketing.people.domain import (
    OFFICE_PASS_LIFETIME,
    OWNER_PASS_LIFETIME,
    HashedPin,
    NotOwnersPhone,
    Person,
    fold_login,
)
from services.ticketing.people.store import sessions as session_store
from services.ticketing.people.store.sessions import NOWHERE, Place
from services.ticketing.people.usecases import tries
from services.ticketing.people.usecases.tries import Limit
from shared.errors import Unauthenticated
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes.auth import Pass, Role
from shared.unit import audit
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class TryOffice:
    """address: where from; browser_id: of a browser where this login signed in before, None for any other."""

    login: str
    address: str
    browser_id: str | None

    @property
    def limits(self) -> tuple[Limit, ...]:
        return tries.login_limits(self.login, self.address, self.browser_id)


@dataclass(frozen=True, slots=True)
class TriedOffice:
    """A counted try. password_hash: what to hold the password against, None if it is nobody's."""

    password_hash: str | None
    left: int


async def try_office(tx: Tx, command: TryOffice, now: datetime) -> TriedOffice:
    """At what to look; raises RateLimited.

    A login that nobody has is counted and looked at as any other, so that no answer and no clock tells which there are.
    """
    left = await tries.count(tx, command.limits, now)
    person = await store.find_person_by_login(tx.connection, fold_login(command.login))
    return TriedOffice(None if person is None else person.password_hash, left)


@dataclass(frozen=True, slots=True)
class SignInOffice:
    """A try was made. fitting_hash: the one that the password fits, None if it fits none."""

    tried: TryOffice
    fitting_hash: str | None
    place: Place = NOWHERE


async def sign_in_office(tx: Tx, command: SignInOffice, now: datetime) -> Pass | None:
    """A pass for a manager, a viewer of the province or an operator; None, and noted, if the password did not fit."""
    person = await store.find_person_by_login(tx.connection, fold_login(command.tried.login))
    # During the look the password may have been changed.
    is_theirs = person is not None and not person.is_revoked and person.password_hash == command.fitting_hash
    if person is None or command.fitting_hash is None or not is_theirs:
        subject = tries.login_subject(command.tried.login) if person is None else f"person:{person.person_id}"
        await audit.note(tx.connection, now, None, "sign_in_failed", subject, address=command.place.address)
        return None
    await tries.forget(tx, command.tried.limits)
    await audit.note(tx.connection, now, person.person_id, "signed_in", f"person:{person.person_id}")
    return await _begin_session(tx, pass_of(person, now, OFFICE_PASS_LIFETIME), command.place)


@dataclass(frozen=True, slots=True)
class OwnersOfPhone:
    device_id: DeviceId


async def owners_of_phone(tx: Tx, command: OwnersOfPhone, now: datetime) -> list[Person]:
    """Who may sign in on this phone; raises NotOwnersPhone, or Unauthenticated if it is not paired any more."""
    device = await store.find_device(tx.connection, command.device_id)
    if device is None or device.is_revoked:
        raise Unauthenticated(sign_in="/pair")
    # A gate's phone passes through many hands, and a PIN is seen when it is typed.
    if device.kind != "owner":
        raise NotOwnersPhone
    people = await store.persons_of_venues(tx.connection, device.venues)
    return [person for person in people if person.signs_in_on_phone]


@dataclass(frozen=True, slots=True)
class TryOwner:
    device_id: DeviceId
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class TriedOwner:
    """A counted try. pin: what to hold the PIN against, None for who is no owner here, of whom nothing is counted."""

    pin: HashedPin | None
    left: int | None = None


async def try_owner(tx: Tx, command: TryOwner, now: datetime) -> TriedOwner:
    """At what to look; raises RateLimited, or as owners_of_phone."""
    owners = await owners_of_phone(tx, OwnersOfPhone(command.device_id), now)
    pin = next((owner.pin for owner in owners if owner.person_id == command.person_id), None)
    if pin is None:
        return TriedOwner(None)
    return TriedOwner(pin, await tries.count(tx, tries.pin_limits(command.device_id, command.person_id), now))


@dataclass(frozen=True, slots=True)
class SignInOwner:
    """A try was made. fitting_pin: the one that was typed, None if that was another."""

    device_id: DeviceId
    person_id: PersonId
    fitting_pin: HashedPin | None
    place: Place = NOWHERE


async def sign_in_owner(tx: Tx, command: SignInOwner, now: datetime) -> Pass | None:
    """A pass for an owner on a paired phone; None, and noted, if the PIN did not fit. Raises as owners_of_phone."""
    people = {person.person_id: person for person in await owners_of_phone(tx, OwnersOfPhone(command.device_id), now)}
    person = people.get(command.person_id)
    # During the look the PIN may have been changed.
    if person is None or command.fitting_pin is None or person.pin != command.fitting_pin:
        subject = f"device:{command.device_id}" if person is None else f"person:{person.person_id}"
        await audit.note(
            tx.connection, now, command.device_id, "sign_in_failed", subject, address=command.place.address
        )
        return None
    await tries.forget(tx, tries.pin_limits(command.device_id, command.person_id))
    await store.see_device(tx.connection, command.device_id, now)
    await audit.note(tx.connection, now, person.person_id, "signed_in", f"device:{command.device_id}")
    issued = pass_of(person, now, OWNER_PASS_LIFETIME, command.device_id)
    return await _begin_session(tx, issued, command.place)


def pass_of(person: Person, now: datetime, lifetime: timedelta, device_id: DeviceId | None = None) -> Pass:
    """A pass of a new session."""
    role, ends_at = Role(person.role), now + lifetime
    return Pass(person.person_id, role, person.venues, person.scope, device_id, now, ends_at, uuid7())


async def _begin_session(tx: Tx, issued: Pass, place: Place) -> Pass:
    await session_store.insert_session(tx.connection, issued, place)
    return issued
