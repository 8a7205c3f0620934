"""A person's own password: changed by whoever knows the old one, so that nobody else knows it any more."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.ticketing.people import store
from services.ticketing.people.domain import WrongSignIn
from services.ticketing.people.usecases import tries
from services.ticketing.people.usecases.people import UnknownPerson
from services.ticketing.people.usecases.sessions import end_passes_of_person
from shared.ids import PersonId
from shared.unit import audit
from shared.unit.tx import Tx


class WrongOldPassword(WrongSignIn):
    """What was typed as the present password is another."""

    code, status = "wrong_old_password", 403


@dataclass(frozen=True, slots=True)
class TryOwnPassword:
    """browser: what tries are counted by, so that a browser left open is no way to guess."""

    person_id: PersonId
    browser: str


@dataclass(frozen=True, slots=True)
class TriedOwn:
    login: str
    password_hash: str | None


async def try_own_password(tx: Tx, command: TryOwnPassword, now: datetime) -> TriedOwn:
    """At what to look; raises RateLimited or UnknownPerson."""
    person = await store.find_person(tx.connection, command.person_id)
    if person is None or person.is_revoked:
        raise UnknownPerson
    await tries.count(tx, tries.login_limits(person.login, "", command.browser), now)
    return TriedOwn(person.login, person.password_hash)


@dataclass(frozen=True, slots=True)
class ChangeOwnPassword:
    """fitting_hash: the one that the old password fits. kept: the session that asks."""

    person_id: PersonId
    fitting_hash: str
    password_hash: str
    kept: UUID | None


async def change_own_password(tx: Tx, command: ChangeOwnPassword, now: datetime) -> bool:
    """True; every pass of theirs ends, and the door issues a fresh one of the session kept. Raises WrongOldPassword."""
    person = await store.find_person(tx.connection, command.person_id)
    # During the look the password may have been changed.
    if person is None or person.is_revoked or person.password_hash != command.fitting_hash:
        raise WrongOldPassword
    version = await store.change_person_secrets(tx.connection, person.person_id, None, command.password_hash)
    await tries.forget_all(tx, person.login, person.person_id)
    await end_passes_of_person(tx, person.person_id, version, now, command.kept)
    subject = f"person:{person.person_id}"
    await audit.note(tx.connection, now, person.person_id, "own_password_changed", subject)
    return True
