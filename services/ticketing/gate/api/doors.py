"""What the doors of the gate need. `app.py` binds each use-case once, under its own name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends
from starlette.requests import Request

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.gate.domain.scans import Answer
from services.ticketing.gate.store import TypedTicket
from services.ticketing.gate.usecases.find_typed import TypedCode
from services.ticketing.gate.usecases.gate_manifest import GateManifest, Manifest
from services.ticketing.gate.usecases.list_conflicts import ListedConflicts
from services.ticketing.gate.usecases.sync_scans import SyncScans
from services.ticketing.gate.usecases.undo_admission import UndoAdmission
from services.ticketing.people.domain import Actor
from shared.clock import Clock
from shared.errors import DomainError
from shared.ids import VenueId
from shared.passes.auth import GATE, Allow, Pass, Role, require_venue
from shared.unit.batch import Together
from shared.unit.bound import Bound, Reader
from shared.web.live import Live
from shared.web.pages import Pages


@dataclass(frozen=True, slots=True)
class GateDoors:
    """In `app.state.gate`. public_keys: of tickets, by key id."""

    pages: Pages
    live: Live
    clock: Clock
    catalogue: Callable[[], Catalogue]
    public_keys: Mapping[int, Ed25519PublicKey]
    sync_scans: Together[SyncScans, list[Answer]]
    undo_admission: Bound[UndoAdmission, bool]
    gate_manifest: Bound[GateManifest, Manifest]
    find_typed: Reader[TypedCode, TypedTicket | None]
    list_conflicts: Bound[Actor, ListedConflicts]


def doors_of(request: Request) -> GateDoors:
    doors = request.app.state.gate
    assert isinstance(doors, GateDoors)
    return doors


async def _doors_of(request: Request) -> GateDoors:
    return doors_of(request)


GateDep = Annotated[GateDoors, Depends(_doors_of)]
PhonePass = Annotated[Pass, Depends(Allow(GATE, Role.DEVICE))]


class GateOpening(DomainError):
    """The catalogue is not read yet, in the first moment of a process; the phone asks again by itself."""

    code, status = "gate_opening", 503


def venue_of(doors: GateDoors, phone: Pass, asked: str | None) -> VenueId:
    """The venue asked for, or the phone's first one; raises VenueForbidden or GateOpening."""
    venue_id = VenueId(asked if asked is not None else phone.venues[0])
    require_venue(phone, venue_id)
    if venue_id not in doors.catalogue().venues:
        raise GateOpening
    return venue_id
