"""What a gate phone has to know to decide without network: of its venue, around today, since it last asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.ticketing.gate import store
from services.ticketing.gate.store import KnownConflict, KnownTicket, KnownUse
from services.ticketing.people.domain import Device, HashedPin, Person
from services.ticketing.people.store import find_device, persons_of_venues, see_device
from shared.clock import local_date
from shared.ids import DeviceId, PersonId, TicketId, VenueId
from shared.passes.auth import PassRevoked
from shared.unit.tx import Tx

# A transaction that began before the last answer may have committed after it.
_OVERLAP = timedelta(seconds=60)
_SEEN_EVERY = timedelta(minutes=1)
_CONFLICTS_FOR = timedelta(days=2)
_EVER = datetime(2020, 1, 1, tzinfo=UTC)
# No ticket may be shown on more than 255 days.
_USES_FOR = timedelta(days=256)
# Small enough to come through a poor network within the ten seconds that a phone waits.
PAGE = 2000


@dataclass(frozen=True, slots=True)
class After:
    """Where the next page begins, list by list."""

    uses_after: datetime
    tickets_after: datetime
    revoked_after: TicketId


@dataclass(frozen=True, slots=True)
class SignedInOwner:
    """The owner whose pass this phone has, and until when it opens the scanner."""

    person_id: PersonId
    until: datetime


@dataclass(frozen=True, slots=True)
class GateManifest:
    """since None: everything. after: what the page before said was more of the same manifest."""

    venue_id: VenueId
    device_id: DeviceId
    since: datetime | None
    after: After | None = None
    owner: SignedInOwner | None = None


@dataclass(frozen=True, slots=True)
class GatePerson:
    """Somebody who may stand at this gate; the phone checks the PIN."""

    person_id: PersonId
    display_name: str
    pin: HashedPin


@dataclass(frozen=True, slots=True)
class GateHost:
    """The owner at an owner's phone, who signed in at the server; the phone knows no PIN of theirs."""

    person_id: PersonId
    display_name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Manifest:
    """One page. people and conflicts stand in each, the other lists go on until `more` is None.

    has_hosts: whether owners belong to the venue, who are never among the people. for_owner: it is an owner's phone.
    """

    device_name: str
    today: date
    people: Sequence[GatePerson]
    has_hosts: bool
    for_owner: bool
    host: GateHost | None
    tickets: Sequence[KnownTicket]
    revoked: Sequence[TicketId]
    uses: Sequence[KnownUse]
    conflicts: Sequence[KnownConflict]
    more: After | None


async def gate_manifest(tx: Tx, command: GateManifest, now: datetime) -> Manifest:
    """Uses and revocations of the tickets that may still be shown, and those of the next days by their short codes.

    Raises PassRevoked.
    """
    connection, venue_id, today = tx.connection, command.venue_id, local_date(now)
    after = command.after or _beginning(command.since, now)
    device = await find_device(connection, command.device_id)
    # The doors hear of a revocation moments later, and the phone that it wakes asks at once.
    if device is not None and device.is_revoked:
        raise PassRevoked
    # A phone asks after each admission of its venue: one write a minute is enough.
    if device is not None and (device.last_seen_at is None or now - device.last_seen_at >= _SEEN_EVERY):
        await see_device(connection, command.device_id, now)
    persons = await persons_of_venues(connection, [venue_id])
    if command.since is None:
        uses = await store.uses_of_shown_tickets(connection, venue_id, today, after.uses_after, PAGE)
    else:
        uses = await store.uses_changed_after(connection, venue_id, after.uses_after, PAGE)
    tickets = await store.tickets_around(connection, venue_id, today, after.tickets_after, PAGE)
    revoked = await store.revoked_tickets(connection, venue_id, today, after.revoked_after, PAGE)
    is_last = uses.is_last and tickets.is_last and revoked.is_last
    return Manifest(
        device_name="" if device is None else device.name,
        today=today,
        people=_gate_people(persons),
        has_hosts=any(person.role == "owner" for person in persons),
        for_owner=_is_owners(device),
        host=_host(persons, command.owner) if _is_owners(device) else None,
        tickets=tickets.rows,
        revoked=revoked.rows,
        uses=uses.rows,
        conflicts=await store.conflicts_of_venues(connection, [venue_id], now - _CONFLICTS_FOR),
        more=None if is_last else After(uses.after, tickets.after, revoked.after),
    )


def _beginning(since: datetime | None, now: datetime) -> After:
    first = TicketId(UUID(int=0))
    if since is None:
        return After(now - _USES_FOR, _EVER, first)
    return After(since - _OVERLAP, since - _OVERLAP, first)


def _is_owners(device: Device | None) -> bool:
    return device is not None and device.kind == "owner"


def _host(persons: Sequence[Person], owner: SignedInOwner | None) -> GateHost | None:
    """Whoever signed in, if they are still an owner here."""
    if owner is None:
        return None
    found = (person for person in persons if person.person_id == owner.person_id and person.role == "owner")
    return next((GateHost(one.person_id, one.display_name, owner.until) for one in found), None)


def _gate_people(persons: Sequence[Person]) -> list[GatePerson]:
    return [
        GatePerson(person.person_id, person.display_name, person.pin)
        for person in persons
        if person.pin is not None and person.tells_pin_to_phones
    ]
