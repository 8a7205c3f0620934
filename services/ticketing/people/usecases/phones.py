"""Phones: a one-time code made by a manager pairs one; later it may be renamed or revoked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.ticketing.people import store
from services.ticketing.people.domain import (
    CODE_LIFETIME,
    Actor,
    Device,
    DeviceKind,
    NameUnreadable,
    PairingCode,
    PairingCodeUnknown,
    hash_of_code,
    is_readable_name,
    new_code,
    require_may_manage,
)
from services.ticketing.people.usecases.people import UnknownPerson, require_known_venues, touch_people
from shared.errors import NotFound
from shared.events.ticketing import DeviceRevoked
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes import revocations
from shared.unit import audit
from shared.unit.tx import Tx

MAX_NAME = 60


class UnknownPhone(NotFound):
    """There is no such phone, or it was revoked."""

    code = "unknown_phone"


@dataclass(frozen=True, slots=True)
class MakePairingCode:
    """Either a gate phone of one venue, or the phone of an owner with all of the owner's venues."""

    actor_id: PersonId
    actor: Actor
    venue_id: str | None = None
    owner_id: PersonId | None = None


@dataclass(frozen=True, slots=True)
class MadeCode:
    code: str
    kind: DeviceKind
    venues: tuple[str, ...]
    expires_at: datetime


async def make_pairing_code(tx: Tx, command: MakePairingCode, now: datetime) -> MadeCode:
    """A code that pairs one phone within ten minutes."""
    kind: DeviceKind = "gate" if command.owner_id is None else "owner"
    venues = (command.venue_id or "",) if command.owner_id is None else await _venues_of_owner(tx, command.owner_id)
    require_may_manage(command.actor, venues)
    await require_known_venues(tx, venues)
    made = MadeCode(new_code(), kind, venues, now + CODE_LIFETIME)
    code_hash = hash_of_code(made.code)
    assert code_hash is not None
    await store.insert_pairing_code(
        tx.connection, code_hash, PairingCode(kind=kind, venues=venues, made_by=command.actor_id), made.expires_at
    )
    await audit.note(tx.connection, now, command.actor_id, "pairing_code_made", f"venue:{','.join(venues)}", kind=kind)
    return made


async def _venues_of_owner(tx: Tx, owner_id: PersonId) -> tuple[str, ...]:
    owner = await store.find_person(tx.connection, owner_id)
    if owner is None or owner.role != "owner" or owner.is_revoked:
        raise UnknownPerson
    return owner.venues


@dataclass(frozen=True, slots=True)
class PairPhone:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Paired:
    """again_until: how long the same request gets the phone's pass once more; answers of the release before lack it."""

    device_id: UUID
    kind: DeviceKind
    venues: tuple[str, ...]
    again_until: datetime | None = None


async def pair_phone(tx: Tx, command: PairPhone, now: datetime) -> Paired:
    """The new phone; raises PairingCodeUnknown."""
    code_hash = hash_of_code(command.code)
    code = None if code_hash is None else await store.use_pairing_code(tx.connection, code_hash, now)
    if code is None:
        raise PairingCodeUnknown
    device = Device(
        device_id=DeviceId(uuid7()),
        kind=code.kind,
        venues=code.venues,
        name=_name_of(command.name),
        paired_at=now,
    )
    await store.insert_device(tx.connection, device, code.made_by)
    await audit.note(tx.connection, now, code.made_by, "phone_paired", f"device:{device.device_id}", kind=device.kind)
    touch_people(tx, device.venues)
    return Paired(device.device_id, device.kind, device.venues, now + CODE_LIFETIME)


@dataclass(frozen=True, slots=True)
class RenamePhone:
    actor_id: PersonId
    actor: Actor
    device_id: DeviceId
    name: str


async def rename_phone(tx: Tx, command: RenamePhone, now: datetime) -> bool:
    """True; raises UnknownPhone or Forbidden."""
    device = await _phone_to_manage(tx, command.actor, command.device_id)
    await store.rename_device(tx.connection, device.device_id, _name_of(command.name))
    await audit.note(tx.connection, now, command.actor_id, "phone_renamed", f"device:{device.device_id}")
    touch_people(tx, device.venues)
    return True


@dataclass(frozen=True, slots=True)
class RevokePhone:
    actor_id: PersonId
    actor: Actor
    device_id: DeviceId


async def revoke_phone(tx: Tx, command: RevokePhone, now: datetime) -> bool:
    """True; its pass opens nothing, what it keeps waits for a new pairing. Raises UnknownPhone or Forbidden."""
    device = await _phone_to_manage(tx, command.actor, command.device_id)
    version = await store.revoke_device(tx.connection, device.device_id, now)
    if version is None:
        raise UnknownPhone
    await revocations.revoke(tx.connection, device.device_id)
    await audit.note(tx.connection, now, command.actor_id, "phone_revoked", f"device:{device.device_id}")
    tx.emit(DeviceRevoked(version=version, occurred_at=now, recorded_at=now, device_id=device.device_id))
    touch_people(tx, device.venues)
    return True


def _name_of(typed: str) -> str:
    """As it is kept; "" for a phone without a name. Raises NameUnreadable."""
    name = typed.strip()[:MAX_NAME]
    if name and not is_readable_name(name):
        raise NameUnreadable
    return name


async def _phone_to_manage(tx: Tx, actor: Actor, device_id: DeviceId) -> Device:
    device = await store.find_device(tx.connection, device_id)
    if device is None or device.is_revoked:
        raise UnknownPhone
    require_may_manage(actor, device.venues)
    return device
