"""The demo's made-up people leave a database that is to be for real: everybody knows their PINs and passwords."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.ticketing.people import store
from services.ticketing.people.usecases.people import touch_people
from shared.events.ticketing import DeviceRevoked, PersonRevoked
from shared.ids import DeviceId, PersonId
from shared.passes import revocations
from shared.unit import audit
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class DemoPeople:
    person_ids: Sequence[PersonId]


@dataclass(frozen=True, slots=True)
class Removed:
    people: int
    phones: int


async def count_demo_people(tx: Tx, command: DemoPeople, now: datetime) -> int:
    """How many of them could still come in."""
    return await store.count_present_persons(tx.connection, command.person_ids)


async def remove_demo_people(tx: Tx, command: DemoPeople, now: datetime) -> Removed:
    """How many people and phones; nothing known of them opens anything from now on.

    Their rows stay, since phones, scans and the audit trail name them: revoked, without secrets and with logins that
    nobody wants. So it can be done at any time, after the first real order too. The phones that they paired go as well,
    because whoever tried the demo may hold one.
    """
    people = await store.remove_persons(tx.connection, command.person_ids, now)
    phones = await store.revoke_devices_paired_by(tx.connection, command.person_ids, now)
    await store.delete_pairing_codes_of(tx.connection, command.person_ids)
    for person in people:
        await revocations.revoke(tx.connection, person.subject_id)
        await audit.note(tx.connection, now, None, "demo_person_removed", f"person:{person.subject_id}")
        person_id = PersonId(person.subject_id)
        tx.emit(PersonRevoked(version=person.version, occurred_at=now, recorded_at=now, person_id=person_id))
    for phone in phones:
        await revocations.revoke(tx.connection, phone.subject_id)
        await audit.note(tx.connection, now, None, "phone_revoked", f"device:{phone.subject_id}")
        device_id = DeviceId(phone.subject_id)
        tx.emit(DeviceRevoked(version=phone.version, occurred_at=now, recorded_at=now, device_id=device_id))
    touch_people(tx, sorted({venue_id for one in (*people, *phones) for venue_id in one.venues}))
    return Removed(len(people), len(phones))
