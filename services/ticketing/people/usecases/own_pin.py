"""A person's own PIN: changed by whoever knows the old one, so that whoever set it knows it no more.

An owner's opens money, and all of an owner's passes end with it. Gate staff and managers have theirs for gate phones,
which check it by themselves: a new one counts on each of them from when it next hears from us.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.ticketing.people import store
from services.ticketing.people.domain import HashedPin, Person, WeakSecret, WrongPin, require_good_pin
from services.ticketing.people.usecases import tries
from services.ticketing.people.usecases.people import UnknownPerson, touch_people
from services.ticketing.people.usecases.sessions import end_passes_of_person
from shared.errors import DomainError
from shared.ids import DeviceId, PersonId
from shared.unit import audit
from shared.unit.tx import Tx


class WrongOldPin(WrongPin):
    """What was typed as the present PIN is another."""

    code, status = "wrong_old_pin", 403


class PinsDiffer(DomainError):
    """The new PIN, typed twice because nobody sees what they type, is not twice the same."""

    code, status = "pins_differ", 422


class SamePin(WeakSecret):
    """The new PIN is the one that others may know by now."""

    code = "same_pin"


@dataclass(frozen=True, slots=True)
class TryOwnPin:
    """device_id: of the phone; guesses at it count together with those of signing in there."""

    person_id: PersonId
    device_id: DeviceId


@dataclass(frozen=True, slots=True)
class TriedOwnPin:
    pin: HashedPin
    left: int


def require_new_pin(old: str, new: str, again: str) -> None:
    """Raises PinsDiffer, SamePin or WeakSecret; costs no try."""
    if new != again:
        raise PinsDiffer
    require_good_pin(new)
    if new == old:
        raise SamePin


async def try_own_pin(tx: Tx, command: TryOwnPin, now: datetime) -> TriedOwnPin:
    """At what to look; raises RateLimited or UnknownPerson."""
    person = await _owner(tx, command.person_id)
    if person is None or person.pin is None:
        raise UnknownPerson
    left = await tries.count(tx, tries.pin_limits(command.device_id, command.person_id), now)
    return TriedOwnPin(person.pin, left)


@dataclass(frozen=True, slots=True)
class ChangeOwnPin:
    """fitting_pin: the one that was typed as the old one. kept: the session that asks."""

    person_id: PersonId
    fitting_pin: HashedPin
    pin: HashedPin
    kept: UUID | None


async def change_own_pin(tx: Tx, command: ChangeOwnPin, now: datetime) -> bool:
    """True; every pass of theirs ends, and the door issues a fresh one of the session kept. Raises WrongOldPin."""
    person = await _owner(tx, command.person_id)
    # During the look the PIN may have been changed.
    if person is None or person.pin != command.fitting_pin:
        raise WrongOldPin
    version = await store.change_person_secrets(tx.connection, person.person_id, command.pin, None)
    await tries.forget_all(tx, person.login, person.person_id)
    await end_passes_of_person(tx, person.person_id, version, now, command.kept)
    await audit.note(tx.connection, now, person.person_id, "own_pin_changed", f"person:{person.person_id}")
    # Their other phones ask anew, and close the gate that was open under a sign-in that ended.
    touch_people(tx, person.venues)
    return True


@dataclass(frozen=True, slots=True)
class TryPinAtGate:
    """venues: of the gate phone on which it is typed."""

    person_id: PersonId
    device_id: DeviceId
    venues: tuple[str, ...]


async def try_pin_at_gate(tx: Tx, command: TryPinAtGate, now: datetime) -> TriedOwnPin:
    """At what to look; raises RateLimited or UnknownPerson."""
    person = await _at_gate(tx, command.person_id, command.venues)
    if person is None or person.pin is None:
        raise UnknownPerson
    left = await tries.count(tx, tries.pin_limits(command.device_id, command.person_id), now)
    return TriedOwnPin(person.pin, left)


@dataclass(frozen=True, slots=True)
class ChangePinAtGate:
    """fitting_pin: the one that was typed as the old one, None if that was another; left: tries after it."""

    person_id: PersonId
    venues: tuple[str, ...]
    fitting_pin: HashedPin | None
    pin: HashedPin
    left: int


async def change_pin_at_gate(tx: Tx, command: ChangePinAtGate, now: datetime) -> HashedPin:
    """The new one as phones of the venue check it. Raises WrongOldPin."""
    person = await _at_gate(tx, command.person_id, command.venues)
    # During the look the PIN may have been changed.
    if person is None or command.fitting_pin is None or person.pin != command.fitting_pin:
        raise WrongOldPin(tries_left=command.left)
    await store.change_person_secrets(tx.connection, person.person_id, command.pin, None)
    await tries.forget_pin(tx, person.person_id)
    await audit.note(tx.connection, now, person.person_id, "own_pin_changed", f"person:{person.person_id}")
    touch_people(tx, person.venues)
    return command.pin


async def _at_gate(tx: Tx, person_id: PersonId, venues: tuple[str, ...]) -> Person | None:
    """Whoever a phone of these venues lets in by itself."""
    person = await store.find_person(tx.connection, person_id)
    is_here = person is not None and person.tells_pin_to_phones and not set(person.venues).isdisjoint(venues)
    return person if person is not None and is_here and not person.is_revoked else None


async def _owner(tx: Tx, person_id: PersonId) -> Person | None:
    person = await store.find_person(tx.connection, person_id)
    return person if person is not None and person.signs_in_on_phone and not person.is_revoked else None
