"""Signing in: a try is counted by one use-case, and its outcome written by another. The door signs the pass.

The look at the password or PIN stands between the two, at the door: it takes long, and a transaction must not.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.people import store
from services.ticketing.people.domain import (
    OFFICE_PASS_LIFETIME,
    OWNER_PASS_LIFETIME,
    TRIES,
    TRIES_WINDOW,
    UNKNOWN_LOGIN_TRIES,
    HashedPin,
    NotOwnersPhone,
    Person,
    RateLimited,
    WrongPin,
    WrongSignIn,
    fold_login,
)
from services.ticketing.people.store import sessions as session_store
from services.ticketing.people.store.sessions import NOWHERE, Place
from shared.errors import Unauthenticated
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes.auth import Pass, Role
from shared.unit import audit
from shared.unit.unit import Tx

UNKNOWN_LOGINS = "logins:unknown"


def login_tries(login: str) -> str:
    """What tries at a login are counted under; hashed, since people type passwords there by mistake."""
    return f"login:{hashlib.sha256(fold_login(login).encode()).hexdigest()[:32]}"


def pin_tries(person_id: PersonId) -> str:
    return f"pin:{person_id}"


def code_tries(code_hash: bytes) -> str:
    return f"code:{code_hash.hex()[:32]}"


def phone_tries(device_id: DeviceId) -> str:
    return f"phone:{device_id}"


@dataclass(frozen=True, slots=True)
class CountTry:
    """A try is about to be made at these."""

    subjects: tuple[str, ...]


async def count_try(tx: Tx, command: CountTry, now: datetime) -> None:
    """RateLimited at the sixth try within 15 minutes; commits before the secret is looked at."""
    for subject in sorted(command.subjects):
        tries, since = await store.count_attempt(tx.connection, subject, now, now - TRIES_WINDOW)
        if tries > TRIES:
            raise RateLimited(retry_after_s=max(1, int((since + TRIES_WINDOW - now).total_seconds())))


@dataclass(frozen=True, slots=True)
class TryOffice:
    login: str


@dataclass(frozen=True, slots=True)
class TriedOffice:
    """A counted try. password_hash: what to hold the password against, None if it is nobody's."""

    password_hash: str | None
    gets_look: bool = True


async def try_office(tx: Tx, command: TryOffice, now: datetime) -> TriedOffice:
    """Whether and at what to look; raises RateLimited.

    Once many logins that nobody has were tried, no more of them get a look. They are told the same as before, so that
    nobody learns which logins there are, and a person who mistyped theirs is not sent away for 15 minutes.
    """
    await count_try(tx, CountTry((login_tries(command.login),)), now)
    person = await store.find_person_by_login(tx.connection, fold_login(command.login))
    if person is not None:
        return TriedOffice(person.password_hash)
    tries, _ = await store.count_attempt(tx.connection, UNKNOWN_LOGINS, now, now - TRIES_WINDOW)
    return TriedOffice(None, gets_look=tries <= UNKNOWN_LOGIN_TRIES)


@dataclass(frozen=True, slots=True)
class SignInOffice:
    """A try was made. fitting_hash: the one that the password fits, None if it fits none."""

    login: str
    fitting_hash: str | None
    place: Place = NOWHERE


async def sign_in_office(tx: Tx, command: SignInOffice, now: datetime) -> Pass:
    """A pass for a manager, a viewer of the province or an operator; raises WrongSignIn."""
    if command.fitting_hash is None:
        raise WrongSignIn
    person = await store.find_person_by_login(tx.connection, fold_login(command.login))
    # During the look the password may have been changed.
    if person is None or person.password_hash != command.fitting_hash or person.is_revoked:
        raise WrongSignIn
    await store.forget_attempts(tx.connection, [login_tries(command.login)])
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


async def try_owner(tx: Tx, command: TryOwner, now: datetime) -> HashedPin | None:
    """What to hold the PIN against, None for who is no owner here; raises RateLimited, or as owners_of_phone."""
    owners = await owners_of_phone(tx, OwnersOfPhone(command.device_id), now)
    await count_try(tx, CountTry((pin_tries(command.person_id), phone_tries(command.device_id))), now)
    return next((owner.pin for owner in owners if owner.person_id == command.person_id), None)


@dataclass(frozen=True, slots=True)
class SignInOwner:
    """A try was made. fitting_pin: the one that was typed, None if that was another."""

    device_id: DeviceId
    person_id: PersonId
    fitting_pin: HashedPin | None
    place: Place = NOWHERE


async def sign_in_owner(tx: Tx, command: SignInOwner, now: datetime) -> Pass:
    """A pass for an owner on a paired phone; raises WrongPin, or as owners_of_phone."""
    if command.fitting_pin is None:
        raise WrongPin
    people = {person.person_id: person for person in await owners_of_phone(tx, OwnersOfPhone(command.device_id), now)}
    person = people.get(command.person_id)
    # During the look the PIN may have been changed.
    if person is None or person.pin != command.fitting_pin:
        raise WrongPin
    await store.forget_attempts(tx.connection, [pin_tries(command.person_id), phone_tries(command.device_id)])
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
