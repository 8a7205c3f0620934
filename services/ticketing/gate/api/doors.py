"""What the doors of the gate need. `app.py` binds each use-case once, under its own name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import Depends
from starlette.requests import Request

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.gate.domain.scans import Answer
from services.ticketing.gate.usecases.gate_manifest import GateManifest, Manifest
from services.ticketing.gate.usecases.list_conflicts import ListedConflicts
from services.ticketing.gate.usecases.sync_scans import SyncScans
from services.ticketing.gate.usecases.undo_admission import UndoAdmission
from services.ticketing.people.domain import Actor
from shared.clock import Clock
from shared.unit.bound import Bound
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
    sync_scans: Bound[SyncScans, list[Answer]]
    undo_admission: Bound[UndoAdmission, bool]
    gate_manifest: Bound[GateManifest, Manifest]
    list_conflicts: Bound[Actor, ListedConflicts]


async def _doors_of(request: Request) -> GateDoors:
    doors = request.app.state.gate
    assert isinstance(doors, GateDoors)
    return doors


GateDep = Annotated[GateDoors, Depends(_doors_of)]
