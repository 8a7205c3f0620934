"""Doors of the gate: the scanner's page and service worker, scans and undoing, the manifest, and its live stream.

The phone decides by itself; nothing here stands between a ticket and its verdict. Scans come under the phone's pass.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.catalogue.domain.products import Product, Venue
from services.ticketing.gate.api.doors import GateDep, PhonePass, doors_of, venue_of
from services.ticketing.gate.domain.scans import Scan
from services.ticketing.gate.usecases.gate_manifest import After, GateManifest, SignedInOwner
from services.ticketing.gate.usecases.sync_scans import SyncScans, TakenScan
from services.ticketing.gate.usecases.undo_admission import UndoAdmission
from services.ticketing.people.domain import PIN_ITERATIONS
from shared.ids import DeviceId, PersonId, ScanId, TicketId, VenueId
from shared.passes.auth import (
    GATE,
    OWNER,
    Allow,
    Doors,
    PassRevoked,
    Role,
    allow_anyone,
    pass_in,
    stay_of,
)
from shared.web.entrance import visitor_of
from shared.web.event_stream import EventStream
from shared.web.instants import Instant
from shared.web.limits import SCANS, within
from shared.web.live import State
from shared.web.security_headers import Opening
from shared.web.static_files import SHARED_STATIC, StaticAddresses
from shared.web.thin import as_json, thin

OPENINGS = (
    Opening("/gate", camera=True, scanner=True),
    # A worker obeys the policy of its own response.
    Opening("/static/ticketing/gate", scanner=True),
)
_STATIC = Path(__file__).parent.parent / "web" / "static"
_TEMPLATES = _STATIC.parent / "templates"
_TEXTS = _STATIC.parent / "messages" / "gate.toml"
_VENDOR = (
    "shared/vendor/zxing/reader/index.js",
    "shared/vendor/zxing/share.js",
    "shared/vendor/zxing/reader/zxing_reader.wasm",
    "shared/vendor/noble-ed25519.js",
)
_MIN_INTERVAL_S = 0.2
_LONGEST_GAP = timedelta(days=45)
# As long as a member of staff stays at the gate by the PIN.
_SHIFT = timedelta(hours=12)


_ANY_PHONE = [Depends(Allow(GATE, Role.DEVICE, even_revoked=True))]
_ANYONE = [Depends(allow_anyone)]
router = APIRouter()


class ScanBody(BaseModel):
    """One scan. `verdict` is what the phone decided, in the words of docs/ticket-code.md; without it we decide.

    undone_at: when the phone took it back, if it did so before it could tell of the scan.
    """

    scan_id: UUID
    code: Annotated[str, Field(max_length=4500)] | None = None
    short_code: Annotated[str, Field(max_length=60)] | None = None
    count: Annotated[int, Field(ge=1, le=255, strict=True)] = 1
    occurred_at: Instant
    offline: bool = False
    verdict: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")] | None = None
    person_id: UUID | None = None
    undone_at: Instant | None = None


class ScansBody(BaseModel):
    """keeps: a phone that was revoked keeps its scans until it is paired again. Without it they go to quarantine, up to
    2,000 of a phone and 45 days.
    """

    scans: Annotated[list[ScanBody], Field(min_length=1, max_length=100)]
    venue_id: str | None = None
    keeps: bool = False


@router.post("/api/gate/scans", dependencies=_ANY_PHONE)
@within(body=SCANS)
@thin
async def post_scans(request: Request, body: ScansBody) -> Response:
    """The answers to scans, in their order; the first answer to each, however often it is sent."""
    doors, phone = doors_of(request), visitor_of(request.scope)
    assert phone is not None
    passes = request.app.state.doors
    assert isinstance(passes, Doors)
    is_revoked = passes.is_revoked(phone)
    if is_revoked and body.keeps:
        raise PassRevoked(sign_in=GATE.sign_in)
    venue_id = venue_of(doors, phone, body.venue_id)
    taken = tuple(
        TakenScan(
            Scan(
                scan_id=ScanId(scan.scan_id),
                venue_id=venue_id,
                device_id=DeviceId(phone.subject_id),
                person_id=None if scan.person_id is None else PersonId(scan.person_id),
                count=scan.count,
                phone_verdict=scan.verdict,
                offline=scan.offline,
                occurred_at=scan.occurred_at,
            ),
            scan.code,
            scan.short_code,
            scan.undone_at,
        )
        for scan in body.scans
    )
    command = SyncScans(taken, quarantined=is_revoked)
    answers = await doors.sync_scans(command)
    return as_json({"answers": answers})


class UndoBody(BaseModel):
    """occurred_at: when it was taken back, by the phone's clock."""

    scan_id: UUID
    occurred_at: Instant


@router.post("/api/gate/undo")
async def post_undo(phone: PhonePass, body: UndoBody, doors: GateDep) -> Response:
    command = UndoAdmission(ScanId(body.scan_id), DeviceId(phone.subject_id), body.occurred_at)
    await doors.undo_admission(command)
    return as_json({"scan_id": body.scan_id, "undone": True})


@dataclass(frozen=True, slots=True)
class _Asked:
    """since: `server_time` of the last manifest, for what is new only. after: the page of it that was had before."""

    since: datetime | None
    after: After | None


def _asked(
    since: Instant | None = None,
    uses_after: Instant | None = None,
    tickets_after: Instant | None = None,
    revoked_after: UUID | None = None,
) -> _Asked:
    if uses_after is None or tickets_after is None or revoked_after is None:
        return _Asked(since, None)
    return _Asked(since, After(uses_after, tickets_after, TicketId(revoked_after)))


async def _owner_at(request: Request, phone: PhonePass) -> SignedInOwner | None:
    """Who signed in as an owner on this very phone in the last 12 hours."""
    owner = pass_in(request, OWNER)
    if owner is None:
        return None
    passes = request.app.state.doors
    assert isinstance(passes, Doors)
    until = owner.issued_at + _SHIFT
    is_here = owner.role is Role.OWNER and owner.device_id == phone.subject_id and passes.clock() < until
    return SignedInOwner(PersonId(owner.subject_id), until) if is_here else None


@router.get("/api/gate/manifest")
async def get_manifest(
    phone: PhonePass,
    doors: GateDep,
    asked: Annotated[_Asked, Depends(_asked)],
    owner: Annotated[SignedInOwner | None, Depends(_owner_at)],
    venue_id: str | None = None,
) -> Response:
    """What the phone needs to decide by itself. since: `server_time` of the last manifest, for what is new only.

    A manifest may be longer than one answer: as long as `manifest.more` is not null, its fields are added
    to the same question. The `server_time` of its first page is the `since` of the next manifest.
    """
    catalogue = doors.catalogue()
    venue = catalogue.venues[venue_of(doors, phone, venue_id)]
    now = doors.clock()
    recent = asked.since if asked.since is not None and now - asked.since < _LONGEST_GAP else None
    command = GateManifest(venue.venue_id, DeviceId(phone.subject_id), recent, asked.after, owner)
    manifest = await doors.gate_manifest(command)
    return as_json(
        {
            "server_time": now,
            "complete": recent is None,
            "keys": {str(key_id): key.public_bytes_raw().hex() for key_id, key in doors.public_keys.items()},
            "venue": {"venue_id": venue.venue_id, "number": venue.number, "name": _names(venue)},
            "phone_venues": [{"venue_id": own, "name": _names(catalogue.venues[VenueId(own)])} for own in phone.venues],
            "venues": [{"number": other.number, "name": _names(other)} for other in catalogue.venues.values()],
            "products": [
                {"product_id": product.product_id, "number": product.number, "name": _names(product)}
                for product in catalogue.products_of(venue.venue_id)
            ],
            "device_id": phone.subject_id,
            "pin_iterations": PIN_ITERATIONS,
            "manifest": manifest,
        }
    )


async def _watched_venue(phone: PhonePass, doors: GateDep, venue_id: str | None = None) -> VenueId:
    return venue_of(doors, phone, venue_id)


async def _stay(request: Request, phone: PhonePass) -> Callable[[], bool]:
    return stay_of(request, phone)


@router.get("/api/gate/live", response_class=EventStream)
async def get_live(
    doors: GateDep,
    watched: Annotated[VenueId, Depends(_watched_venue)],
    stay: Annotated[Callable[[], bool], Depends(_stay)],
) -> EventStream:
    """Says whenever the manifest has something new; the phone then asks for what is new."""

    async def read() -> State:
        # It is read again only if something changed, and always differs: not to ask the database is cheapest, and a
        # newest number there would hide a lower one that is committed after it.
        return {"at": doors.clock()}

    keys = [("venue", watched), ("people", watched)]
    return EventStream(doors.live.stream(keys, read, "head", _MIN_INTERVAL_S, stay=stay))


@router.get("/gate", dependencies=_ANYONE)
async def get_gate(request: Request, doors: GateDep) -> Response:
    """The scanner: the same for everybody, because the phone keeps it for the time without network."""
    return doors.pages.render(request, "gate/gate.html", version=_shell().version)


@router.get("/gate/manifest.webmanifest", dependencies=_ANYONE)
async def get_web_manifest(request: Request, doors: GateDep) -> Response:
    response = doors.pages.render(request, "gate/manifest.webmanifest")
    response.headers["Content-Type"] = "application/manifest+json"
    return response


@router.get("/gate/sw.js", dependencies=_ANYONE)
async def get_service_worker() -> Response:
    """The service worker with the list of what it keeps; any change of a kept file changes it, so browsers notice."""
    shell = _shell()
    head = f"self.SHELL = {json.dumps(asdict(shell))};\n"
    text = head + (_STATIC / "gate" / "worker" / "sw.js").read_text(encoding="utf-8")
    headers = {"Service-Worker-Allowed": "/gate", "Cache-Control": "no-cache"}
    return Response(text, media_type="text/javascript", headers=headers)


@router.get("/gate/decoder.js", dependencies=_ANYONE)
async def get_decoder() -> Response:
    """The decoder's worker. It stands here, not among the static files, so that the service worker's scope holds it."""
    text = (_STATIC / "gate" / "worker" / "decoder.js").read_text(encoding="utf-8")
    return Response(text, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@dataclass(frozen=True, slots=True)
class _Shell:
    version: str
    addresses: list[str]


_addresses = StaticAddresses({"shared": [SHARED_STATIC], "ticketing": [_STATIC]})


def _shell() -> _Shell:
    """Every file of the scanner, by its bare address, and one version for all of them together."""
    own = [f"ticketing/gate/{path.name}" for path in sorted((_STATIC / "gate").iterdir()) if path.is_file()]
    workers = (_STATIC / "gate" / "worker").iterdir()
    names = [*own, *(name for name in _VENDOR if (SHARED_STATIC / name.removeprefix("shared/")).exists())]
    page = (_TEMPLATES / "gate" / "gate.html", _TEXTS, *sorted(workers))
    hashes = [*map(_addresses.address, names), *map(_addresses.content_hash, page)]
    version = hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:10]
    return _Shell(version, ["/gate", "/gate/decoder.js", *(f"/static/{name}" for name in names)])


def _names(named: Venue | Product) -> dict[str, str]:
    return {"vi": named.name_vi, "en": named.name_en}
