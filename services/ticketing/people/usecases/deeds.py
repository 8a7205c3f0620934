"""What was just done to a person or phone, so that the next page can say so. It says nothing that did not happen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.ticketing.people import store
from services.ticketing.people.domain import Actor
from shared.ids import DeviceId, PersonId
from shared.unit.tx import Tx

DeedName = Literal["person_added", "secrets_changed", "person_revoked", "phone_renamed", "phone_revoked"]


@dataclass(frozen=True, slots=True)
class Deed:
    """subject_id: the person or phone it was done to."""

    name: DeedName
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class TellDeed:
    """actor: who reads the page on which it is told."""

    actor: Actor
    deed: Deed


@dataclass(frozen=True, slots=True)
class ToldDeed:
    name: DeedName
    subject_name: str


async def tell_deed(tx: Tx, command: TellDeed, now: datetime) -> ToldDeed | None:
    """None if the address tells of something that this person does not manage, or that is otherwise by now."""
    deed = command.deed
    found = await _find(tx, deed)
    if found is None:
        return None
    name, venues, revoked_at = found
    is_so = (revoked_at is not None) is deed.name.endswith("revoked")
    return ToldDeed(deed.name, name) if is_so and command.actor.manages(venues) else None


async def _find(tx: Tx, deed: Deed) -> tuple[str, tuple[str, ...], datetime | None] | None:
    if deed.name.startswith("phone"):
        device = await store.find_device(tx.connection, DeviceId(deed.subject_id))
        return None if device is None else (device.name, device.venues, device.revoked_at)
    person = await store.find_person(tx.connection, PersonId(deed.subject_id))
    return None if person is None else (person.display_name, person.venues, person.revoked_at)
