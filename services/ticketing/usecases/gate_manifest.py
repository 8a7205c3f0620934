"""What a gate phone has to know to decide without network: of its venue, around today, since it last asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.ticketing.domain.people import HashedPin
from services.ticketing.store import admissions as store
from services.ticketing.store.admissions import KnownConflict, KnownTicket, KnownUse
from services.ticketing.store.people import Person, find_device, persons_of_venues
from shared.clock import local_date
from shared.ids import DeviceId, PersonId, TicketId, VenueId
from shared.unit import Tx

# A transaction that began before the last answer may have committed after it.
_OVERLAP = timedelta(seconds=60)
_CONFLICTS_FOR = timedelta(days=2)
_EVER = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GateManifest:
    """since None: everything."""

    venue_id: VenueId
    device_id: DeviceId
    since: datetime | None


@dataclass(frozen=True, slots=True)
class GatePerson:
    """Somebody who may stand at this gate; the phone checks the PIN."""

    person_id: PersonId
    display_name: str
    pin: HashedPin


@dataclass(frozen=True, slots=True)
class Manifest:
    device_name: str
    today: date
    people: Sequence[GatePerson]
    tickets: Sequence[KnownTicket]
    revoked: Sequence[TicketId]
    uses: Sequence[KnownUse]
    conflicts: Sequence[KnownConflict]


async def gate_manifest(tx: Tx, command: GateManifest, now: datetime) -> Manifest:
    connection, venue_id, today = tx.connection, command.venue_id, local_date(now)
    after = _EVER if command.since is None else command.since - _OVERLAP
    device = await find_device(connection, command.device_id)
    return Manifest(
        device_name="" if device is None else device.name,
        today=today,
        people=_gate_people(await persons_of_venues(connection, [venue_id])),
        tickets=await store.tickets_around(connection, venue_id, today, after),
        revoked=await store.revoked_around(connection, venue_id, today),
        uses=await store.admissions_of_venue(connection, venue_id, max(after, now - timedelta(days=40))),
        conflicts=await store.conflicts_of_venues(connection, [venue_id], now - _CONFLICTS_FOR),
    )


def _gate_people(persons: Sequence[Person]) -> list[GatePerson]:
    return [
        GatePerson(person.person_id, person.display_name, person.pin) for person in persons if person.pin is not None
    ]


async def gate_head(tx: Tx, venue_id: VenueId, now: datetime) -> dict[str, object]:
    """What changes as soon as the manifest does; small, because every phone of the venue watches it."""
    return await store.gate_head(tx.connection, venue_id, local_date(now))
