"""Passes: who a person or phone is, signed by ticketing and verified by every service. It signs nobody in.

Every route carries exactly one rule, `Allow(...)` or `allow_anyone`; a test walks them all.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import ClassVar, Self
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from shared.clock import Clock
from shared.errors import Forbidden, Unauthenticated
from shared.keys.files import FIRST_KEY_ID, PASS_PUBLIC_KEYS, KeyUnreadable, Signer, load_public_keys
from shared.passes.revocations import Revocations

_PASSES_REMEMBERED = 4096
# A person of all of today's venues needs 1,400; a browser keeps no cookie above 4,096.
_LONGEST_TOKEN = 2048


class Cookie(StrEnum):
    """The name of the cookie that holds a pass, with the address where one signs in to get it."""

    sign_in: str

    GATE = "__Host-gate", "/pair"
    OWNER = "__Host-owner", "/sign-in/owner"
    OFFICE = "__Host-office", "/sign-in"

    def __new__(cls, name: str, sign_in: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.sign_in = sign_in
        return member


GATE, OWNER, OFFICE = Cookie.GATE, Cookie.OWNER, Cookie.OFFICE


class Role(StrEnum):
    """DEVICE is a paired phone by itself; GATE a person of the gate. Only people sign in."""

    DEVICE = "device"
    GATE = "gate"
    MANAGER = "manager"
    OWNER = "owner"
    PROVINCE = "province"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Pass:
    """Who came in. subject_id is the person, or the phone for Role.DEVICE; scope is what a viewer sees ("" = all).

    session_id: what signing out ends; passes from before there were sessions have none, as phones have.
    """

    subject_id: UUID
    role: Role
    venues: tuple[str, ...]
    scope: str
    device_id: UUID | None
    issued_at: datetime
    expires_at: datetime
    session_id: UUID | None = None


class PassRevoked(Unauthenticated):
    """The pass was good, but was ended since: its session, or all of its person or phone."""

    code = "pass_revoked"


class VenueForbidden(Forbidden):
    """Signed in, but not for this venue."""

    code = "venue_forbidden"


def sign_pass(issued: Pass, signer: Signer) -> str:
    """The pass as a token: base64url of its JSON, a dot, base64url of the signature over what stands before the dot.

    The key's id and a dot come before that, also signed; not so for the first key, which passes had alone for long.
    """
    signed = _named(signer.key_id) + _encode(msgspec.json.encode(issued))
    return f"{signed}.{_encode(signer.private_key.sign(signed.encode()))}"


def _named(key_id: int) -> str:
    return "" if key_id == FIRST_KEY_ID else f"{key_id}."


class PassKeys:
    """The public keys of all passes that are still good, by key id."""

    def __init__(self, public_keys: Mapping[int, Ed25519PublicKey]) -> None:
        self._by_name = {_named(key_id): key for key_id, key in public_keys.items()}
        # One phone sends the same cookie hundreds of times, and a signature costs a tenth of a millisecond. What raises
        # is not remembered: strangers could fill the memory with texts of their own.
        self._remembered = lru_cache(_PASSES_REMEMBERED)(self._decoded)

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Raises KeyUnreadable if there is none."""
        public_keys = load_public_keys(folder, PASS_PUBLIC_KEYS)
        if not public_keys:
            raise KeyUnreadable(f"{folder} holds no {PASS_PUBLIC_KEYS.first}, so no pass can be checked")
        return cls(public_keys)

    def verify(self, token: str, now: datetime) -> Pass:
        """The pass behind a token; Unauthenticated if it is forged, broken or over, or its key was taken out."""
        if len(token) > _LONGEST_TOKEN:
            raise Unauthenticated
        found = self._remembered(token)
        if not found.issued_at <= now < found.expires_at:
            raise Unauthenticated
        return found

    def _decoded(self, token: str) -> Pass:
        signed, _, signature = token.rpartition(".")
        name, dot, body = signed.rpartition(".")
        try:
            self._by_name[name + dot].verify(_bytes_of(signature), signed.encode())
            return msgspec.json.decode(_bytes_of(body), type=Pass)
        except (KeyError, InvalidSignature, msgspec.MsgspecError, ValueError) as fault:
            # ValueError: signs that stand in no base64, or in no ASCII.
            raise Unauthenticated from fault


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes_of(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def token_in(headers: Iterable[tuple[bytes, bytes]], cookie: str) -> str:
    """The value of our cookie, found by its exact bytes; "" without one, and if it stands there twice.

    Browsers keep names that begin with `__Host-` for us alone, but not 0xA0 and such a name behind it, which becomes
    ours where white space is cut as Unicode knows it.
    """
    name = cookie.encode()
    found = [
        value
        for header, line in headers
        if header == b"cookie"
        for part in line.split(b";")
        for key, _, value in (part.strip(b" \t").partition(b"="),)
        if key == name
    ]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def set_cookie(response: Response, cookie: str, token: str, lifetime_s: int) -> None:
    response.set_cookie(cookie, token, max_age=lifetime_s, path="/", secure=True, httponly=True, samesite="lax")


def clear_cookie(response: Response, cookie: str) -> None:
    response.delete_cookie(cookie, path="/", secure=True, httponly=True, samesite="lax")


def require_venue(visitor: Pass, venue_id: str) -> None:
    """VenueForbidden unless the pass is for this venue."""
    if venue_id not in visitor.venues:
        raise VenueForbidden


@dataclass(frozen=True, slots=True)
class Doors:
    """What it takes to know a pass; stands in `app.state.doors`."""

    keys: PassKeys
    revocations: Revocations
    clock: Clock

    def admit(self, token: str, *, even_revoked: bool = False) -> Pass:
        """The pass behind a cookie's value, unless it was ended."""
        found = self.keys.verify(token, self.clock())
        if not even_revoked and self.is_revoked(found):
            raise PassRevoked
        return found

    def is_revoked(self, found: Pass) -> bool:
        subjects = (found.subject_id, found.device_id, found.session_id)
        return any(self.revocations.end(subject, found.issued_at) for subject in subjects)

    def still_admits(self, found: Pass) -> bool:
        """Whether who came in by this pass may stay; open streams ask it again and again."""
        return self.clock() < found.expires_at and not self.is_revoked(found)


class Allow:
    """A rule: only these roles, by this cookie. As a dependency it gives the Pass.

    even_revoked: the route itself asks `doors.is_revoked`: scans that a revoked phone cannot keep go to quarantine.
    """

    def __init__(self, cookie: Cookie, *roles: Role, even_revoked: bool = False) -> None:
        assert roles, "nobody could ever come in"
        self.cookie = cookie
        self.roles = frozenset(roles)
        self.even_revoked = even_revoked

    # Async although it awaits nothing: FastAPI sends plain functions through a thread, which costs more than the rule.
    async def __call__(self, request: Request) -> Pass:
        return self.admit(request.scope)

    def admit(self, scope: Scope) -> Pass:
        doors = scope["app"].state.doors
        assert isinstance(doors, Doors)
        try:
            found = doors.admit(token_in(scope["headers"], self.cookie), even_revoked=self.even_revoked)
        except Unauthenticated as error:
            raise type(error)(sign_in=self.cookie.sign_in) from error
        if found.role not in self.roles:
            raise Forbidden
        return found


def pass_in(request: Request, cookie: Cookie) -> Pass | None:
    """The pass that a browser holds for a door, if it is good."""
    doors = request.app.state.doors
    assert isinstance(doors, Doors)
    try:
        return doors.admit(token_in(request.headers.raw, cookie))
    except Unauthenticated:
        return None


def stay_of(request: Request, found: Pass) -> Callable[[], bool]:
    """What a stream asks to know whether its pass still admits."""
    doors = request.app.state.doors
    assert isinstance(doors, Doors)
    return partial(doors.still_admits, found)


class AllowAnyone:
    """A rule: everybody may, also without a pass."""

    roles: ClassVar[frozenset[Role]] = frozenset(Role)

    async def __call__(self) -> None:
        return None


allow_anyone = AllowAnyone()
Rule = Allow | AllowAnyone


def rule_of(route: APIRoute) -> Rule:
    """The one rule of a route; a route with none or several must not be served."""
    # One rule may stand behind several of a route's dependencies.
    rules = {id(call): call for call in _calls_of(route.dependant) if isinstance(call, Rule)}
    assert len(rules) == 1, f"{route.path} has {len(rules)} rules, not one"
    return next(iter(rules.values()))


def _calls_of(dependant: Dependant) -> Iterator[Callable[..., object] | None]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls_of(inner)
