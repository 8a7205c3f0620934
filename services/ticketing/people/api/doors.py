"""What the doors of signing in and of managing people need. `app.py` binds each use-case once, under its own name."""

from dataclasses import dataclass
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.people.domain import Actor, HashedPin, Person
from services.ticketing.people.usecases.deeds import TellDeed, ToldDeed
from services.ticketing.people.usecases.first_people import AcceptInvitation, Invitation
from services.ticketing.people.usecases.people import AddedPerson, AddPerson, ChangeSecrets, Managed, RevokePerson
from services.ticketing.people.usecases.phones import (
    MadeCode,
    MakePairingCode,
    Paired,
    PairPhone,
    RenamePhone,
    RevokePhone,
)
from services.ticketing.people.usecases.sign_in import (
    CountTry,
    OwnersOfPhone,
    SignInOffice,
    SignInOwner,
    TriedOffice,
    TryOffice,
    TryOwner,
)
from shared.clock import Clock
from shared.errors import DomainError
from shared.passes.auth import Pass
from shared.unit.bound import Bound
from shared.unit.idempotency import Key
from shared.web.entrance import caller_of
from shared.web.pages import Pages


@dataclass(frozen=True, slots=True)
class SignInDoors:
    """In `app.state.sign_in`. pass_key signs passes."""

    pages: Pages
    clock: Clock
    pass_key: Ed25519PrivateKey
    try_office: Bound[TryOffice, TriedOffice]
    sign_in_office: Bound[SignInOffice, Pass]
    owners_of_phone: Bound[OwnersOfPhone, list[Person]]
    try_owner: Bound[TryOwner, HashedPin | None]
    sign_in_owner: Bound[SignInOwner, Pass]
    count_try: Bound[CountTry, None]
    pair_phone: Bound[PairPhone, Paired]
    require_invitation: Bound[Invitation, None]
    accept_invitation: Bound[AcceptInvitation, AddedPerson]


@dataclass(frozen=True, slots=True)
class ManageDoors:
    """In `app.state.manage`. origin is the address people know, without a slash at the end."""

    pages: Pages
    origin: str
    list_managed: Bound[Actor, Managed]
    tell_deed: Bound[TellDeed, ToldDeed | None]
    add_person: Bound[AddPerson, AddedPerson]
    change_secrets: Bound[ChangeSecrets, bool]
    revoke_person: Bound[RevokePerson, bool]
    make_pairing_code: Bound[MakePairingCode, MadeCode]
    rename_phone: Bound[RenamePhone, bool]
    revoke_phone: Bound[RevokePhone, bool]


async def _sign_in_of(request: Request) -> SignInDoors:
    doors = request.app.state.sign_in
    assert isinstance(doors, SignInDoors)
    return doors


async def _manage_of(request: Request) -> ManageDoors:
    doors = request.app.state.manage
    assert isinstance(doors, ManageDoors)
    return doors


SignInDep = Annotated[SignInDoors, Depends(_sign_in_of)]
ManageDep = Annotated[ManageDoors, Depends(_manage_of)]


def with_wait(response: Response, error: DomainError) -> Response:
    """The same answer, saying when to come again if the error knows."""
    if "retry_after_s" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after_s"])
    return response


def without_secrets(key: Key, request: Request, *told: str) -> Key:
    """The key of a form with a PIN or password in it: a hash of the whole body would be a quick way to guess that."""
    return Key.of(key.value, request.method, request.scope["path"], "\n".join(told).encode(), caller_of(request.scope))
