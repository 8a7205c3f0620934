"""What the doors of signing in and of managing people need. `app.py` binds each use-case once, under its own name."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.people.domain import Actor, Person
from services.ticketing.people.store.sessions import Place
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
from services.ticketing.people.usecases.sessions import EndSession
from services.ticketing.people.usecases.sign_in import (
    OwnersOfPhone,
    SignInOffice,
    SignInOwner,
    TriedOffice,
    TriedOwner,
    TryOffice,
    TryOwner,
)
from services.ticketing.people.usecases.tries import CountTry
from shared.clock import Clock
from shared.errors import DomainError
from shared.keys.files import Keys, Signer
from shared.passes.auth import Pass, set_cookie, sign_pass
from shared.unit.bound import Bound
from shared.unit.idempotency import Key
from shared.web.addresses import client_address, shortened
from shared.web.entrance import caller_of
from shared.web.pages import Pages


@dataclass(frozen=True, slots=True)
class SignInDoors:
    """In `app.state.sign_in`. pass_keys sign passes, and know the browsers of who signed in before."""

    pages: Pages
    clock: Clock
    pass_keys: Keys
    try_office: Bound[TryOffice, TriedOffice]
    sign_in_office: Bound[SignInOffice, Pass | None]
    owners_of_phone: Bound[OwnersOfPhone, list[Person]]
    try_owner: Bound[TryOwner, TriedOwner]
    sign_in_owner: Bound[SignInOwner, Pass | None]
    end_session: Bound[EndSession, bool]
    count_try: Bound[CountTry, int]
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
    renewal: "Renewal"


@dataclass(frozen=True, slots=True)
class Renewal:
    """Who changes their own secret stays in the browser in which they did so, by a fresh pass of the same session."""

    clock: Clock
    signer: Signer

    def renew(self, response: Response, cookie: str, visitor: Pass) -> None:
        now = self.clock()
        token = sign_pass(replace(visitor, issued_at=now), self.signer)
        set_cookie(response, cookie, token, (visitor.expires_at - now) // timedelta(seconds=1))


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


def place_of(request: Request) -> Place:
    """Where a request comes from, as it is kept and shown: enough to know one's own, too little to find a house."""
    return Place(shortened(client_address(request)), request.headers.get("user-agent", "")[:200])


def with_wait(response: Response, error: DomainError) -> Response:
    """The same answer, saying when to come again if the error knows."""
    if "retry_after_s" in error.fields:
        response.headers["Retry-After"] = str(error.fields["retry_after_s"])
    return response


def without_secrets(key: Key, request: Request, *told: str) -> Key:
    """The key of a form with a PIN or password in it: a hash of the whole body would be a quick way to guess that."""
    return Key.of(key.value, request.method, request.scope["path"], "\n".join(told).encode(), caller_of(request.scope))
