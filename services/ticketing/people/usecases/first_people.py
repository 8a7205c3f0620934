"""The first people of an installation: the made-up ones of the demo, or one invitation for the first operator."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.ticketing.people import store
from services.ticketing.people.domain import (
    INVITATION_LIFETIME,
    Actor,
    InvitationUnknown,
    Person,
    hash_of_token,
    hash_pin,
    new_token,
)
from services.ticketing.people.store import sessions as session_store
from services.ticketing.people.usecases.passwords import hash_password
from services.ticketing.people.usecases.people import AddedPerson, AddPerson, HashedSecrets, add_person
from shared.seed.rows import Person as SeedPerson
from shared.unit.tx import Tx
from shared.unit.unit import Unit


async def seed_people(unit: Unit, people: Sequence[SeedPerson]) -> int:
    """Adds the made-up people that are missing; how many. Only ever called in the demo profile.

    Their secrets are worked out between two transactions, and not at all for those who are there already.
    """
    missing = await unit.run(find_missing_people, SeedPeople(people))
    if not missing:
        return 0
    return await unit.run(add_missing_people, MissingPeople([await _person_of(person) for person in missing]))


@dataclass(frozen=True, slots=True)
class SeedPeople:
    people: Sequence[SeedPerson]


async def find_missing_people(tx: Tx, command: SeedPeople, now: datetime) -> list[SeedPerson]:
    """Those of the made-up people who are not there yet."""
    known = await store.known_persons(tx.connection, [person.person_id for person in command.people])
    return [person for person in command.people if person.person_id not in known]


@dataclass(frozen=True, slots=True)
class MissingPeople:
    people: Sequence[Person]


async def add_missing_people(tx: Tx, command: MissingPeople, now: datetime) -> int:
    """How many were added; whoever another start added meanwhile stays as they are."""
    return sum([await store.insert_person(tx.connection, person, now) for person in command.people])


async def _person_of(seed: SeedPerson) -> Person:
    pin = await asyncio.to_thread(hash_pin, seed.pin) if seed.pin else None
    return Person(
        person_id=seed.person_id,
        login=seed.login,
        display_name=seed.display_name,
        role=seed.role,
        venues=seed.venue_ids,
        pin_salt=None if pin is None else pin.salt,
        pin_hash=None if pin is None else pin.hash,
        password_hash=await hash_password(seed.password) if seed.password else None,
    )


def write_demo_sign_ins(file: Path, people: Sequence[SeedPerson], origin: str) -> None:
    """Leaves the made-up people's logins, PINs and passwords in a file only its owner can read."""
    lines = [f"Made-up people of the demo. Password: {origin}/sign-in   PIN: on a phone paired at {origin}/manage", ""]
    for person in people:
        secrets = "  ".join(
            text
            for text in (
                f"password {person.password}" if person.password else "",
                f"PIN {person.pin}" if person.pin else "",
            )
            if text
        )
        lines.append(f"{person.role:<16} {person.login:<22} {secrets:<46} {person.display_name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


@dataclass(frozen=True, slots=True)
class InviteFirstOperator:
    """A production start: somebody has to come in first."""


async def invite_first_operator(tx: Tx, command: InviteFirstOperator, now: datetime) -> str | None:
    """A token to print once, or None when there is an operator or an invitation that still holds."""
    # Without the lock, two starts at once would both see no invitation.
    await store.lock_invitations(tx.connection)
    if await store.has_operator(tx.connection) or await store.has_invitation(tx.connection, now):
        return None
    token = new_token()
    await store.insert_invitation(tx.connection, hash_of_token(token), now + INVITATION_LIFETIME)
    return token


@dataclass(frozen=True, slots=True)
class Invitation:
    token: str


async def require_invitation(tx: Tx, command: Invitation, now: datetime) -> None:
    """InvitationUnknown unless it was made and holds; a used one passes, for whoever asks again for a lost answer."""
    if not await store.is_invitation(tx.connection, hash_of_token(command.token), now):
        raise InvitationUnknown


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    token: str
    login: str
    display_name: str
    secrets: HashedSecrets


async def accept_invitation(tx: Tx, command: AcceptInvitation, now: datetime) -> AddedPerson:
    """The first operator; raises InvitationUnknown, PersonInvalid or LoginTaken."""
    if not await store.use_invitation(tx.connection, hash_of_token(command.token), now):
        raise InvitationUnknown
    operator = AddPerson(
        actor_id=None,
        actor=Actor("operator", ()),
        login=command.login,
        display_name=command.display_name,
        role="operator",
        venues=(),
        secrets=command.secrets,
    )
    return await add_person(tx, operator, now)


@dataclass(frozen=True, slots=True)
class ForgetOldTries:
    """A timer's command."""


async def forget_old_tries(tx: Tx, command: ForgetOldTries, now: datetime) -> None:
    """Drops counted tries, pairing codes and sessions that no longer matter."""
    await store.delete_old_attempts(tx.connection, now - timedelta(days=1))
    await session_store.delete_old_sessions(tx.connection, now - timedelta(days=1))
    await store.delete_old_pairing_codes(tx.connection, now - timedelta(days=1))
