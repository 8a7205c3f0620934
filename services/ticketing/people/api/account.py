"""The doors of one's own account: where one is signed in, signing out elsewhere, the own password or PIN.

Whoever works in an office comes in by one cookie, an owner on a phone by another: the same pages at two addresses.
"""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.ticketing.people.api.browser_names import name_of_browser
from services.ticketing.people.api.doors import Renewal, with_wait, without_secrets
from services.ticketing.people.domain import (
    HashedPin,
    RateLimited,
    WeakSecret,
    hash_pin,
    is_pin,
    require_good_password,
)
from services.ticketing.people.store.sessions import OpenSession
from services.ticketing.people.usecases.own_password import (
    ChangeOwnPassword,
    TriedOwn,
    TryOwnPassword,
    WrongOldPassword,
)
from services.ticketing.people.usecases.own_pin import (
    ChangeOwnPin,
    ChangePinAtGate,
    PinsDiffer,
    TriedOwnPin,
    TryOwnPin,
    TryPinAtGate,
    WrongOldPin,
    require_new_pin,
)
from services.ticketing.people.usecases.passwords import QUEUE, Busy, hash_password, is_password
from services.ticketing.people.usecases.sessions import EndOtherSessions, EndSession, SeeSessions, UnknownSession
from shared.errors import DomainError
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes.auth import OFFICE, OWNER, Allow, Cookie, Pass, Role
from shared.unit.bound import Bound
from shared.unit.idempotency import Key, Once
from shared.web.addresses import client_address
from shared.web.app import OnceKey
from shared.web.pages import Pages

Done = Literal["session_ended", "others_ended", "password_changed", "pin_changed"]
Office = Annotated[Pass, Depends(Allow(OFFICE, Role.MANAGER, Role.PROVINCE, Role.OPERATOR))]
Owner = Annotated[Pass, Depends(Allow(OWNER, Role.OWNER))]
_Text = Annotated[str, Field(max_length=200)]


@dataclass(frozen=True, slots=True)
class AccountDoors:
    """What these doors need, in `app.state.account`; `app.py` binds each use-case once, under its own name."""

    pages: Pages
    renewal: Renewal
    see_sessions: Bound[SeeSessions, list[OpenSession]]
    end_session: Bound[EndSession, bool]
    end_other_sessions: Bound[EndOtherSessions, int]
    try_own_password: Bound[TryOwnPassword, TriedOwn]
    change_own_password: Bound[ChangeOwnPassword, bool]
    try_own_pin: Bound[TryOwnPin, TriedOwnPin]
    change_own_pin: Bound[ChangeOwnPin, bool]
    try_pin_at_gate: Bound[TryPinAtGate, TriedOwnPin]
    change_pin_at_gate: Bound[ChangePinAtGate, HashedPin]


async def _doors_of(request: Request) -> AccountDoors:
    doors = request.app.state.account
    assert isinstance(doors, AccountDoors)
    return doors


AccountDep = Annotated[AccountDoors, Depends(_doors_of)]


@dataclass(frozen=True, slots=True)
class Own:
    """Whose account it is, by which cookie they came, and at which address it stands."""

    request: Request
    doors: AccountDoors
    visitor: Pass
    cookie: Cookie
    at: str

    @property
    def person_id(self) -> PersonId:
        return PersonId(self.visitor.subject_id)

    async def page(self, *, done: Done | None = None, error: DomainError | None = None) -> Response:
        sessions = await self.doors.see_sessions(SeeSessions(self.person_id))
        page = self.doors.pages.render(
            self.request,
            "sign_in/account.html",
            status=200 if error is None else error.status,
            at=self.at,
            account=self.at,
            sessions=sessions,
            name_of_browser=name_of_browser,
            here=self.visitor.session_id,
            role=self.visitor.role,
            done=done,
            error=error,
            new_key=uuid7,
        )
        return page if error is None else with_wait(page, error)

    def done(self, done: Done) -> Response:
        return RedirectResponse(f"{self.at}?{urlencode({'done': done})}", 303)

    async def end_session(self, session_id: UUID, key: Key) -> Response:
        if not await self.doors.end_session(EndSession(self.person_id, session_id), once=Once(key, bool)):
            raise UnknownSession
        return self.done("session_ended")

    async def end_other_sessions(self, key: Key) -> Response:
        command = EndOtherSessions(self.person_id, self.visitor.session_id)
        await self.doors.end_other_sessions(command, once=Once(key, int))
        return self.done("others_ended")

    def changed(self, done: Done) -> Response:
        """A secret was changed, so all passes of theirs are over, and this browser gets a fresh one."""
        response = self.done(done)
        self.doors.renewal.renew(response, self.cookie, self.visitor)
        return response


# Async although they await nothing: FastAPI sends plain functions through a thread.
async def _in_office(request: Request, doors: AccountDep, visitor: Office) -> Own:
    return Own(request, doors, visitor, OFFICE, "/account")


async def _on_phone(request: Request, doors: AccountDep, visitor: Owner) -> Own:
    return Own(request, doors, visitor, OWNER, "/account/owner")


OfficeDep = Annotated[Own, Depends(_in_office)]
OwnerDep = Annotated[Own, Depends(_on_phone)]
router = APIRouter()


@router.get("/account")
async def get_account(who: OfficeDep, done: Done | None = None) -> Response:
    return await who.page(done=done)


@router.post("/account/sessions/{session_id}/end")
async def post_end_session(who: OfficeDep, session_id: UUID, key: OnceKey) -> Response:
    return await who.end_session(session_id, key)


@router.post("/account/sessions/end-others")
async def post_end_others(who: OfficeDep, key: OnceKey) -> Response:
    return await who.end_other_sessions(key)


class PasswordForm(BaseModel):
    old: _Text
    new: _Text


@router.post("/account/password")
async def post_password(who: OfficeDep, form: Annotated[PasswordForm, Form()], key: OnceKey) -> Response:
    doors, visitor = who.doors, who.visitor
    try:
        with QUEUE.place(client_address(who.request)):
            own = await doors.try_own_password(TryOwnPassword(who.person_id, str(visitor.session_id)))
            require_good_password(form.new, own.login)
            if own.password_hash is None or not await is_password(form.old, own.password_hash):
                raise WrongOldPassword
            new_hash = await hash_password(form.new)
        command = ChangeOwnPassword(who.person_id, own.password_hash, new_hash, visitor.session_id)
        await doors.change_own_password(command, once=Once(without_secrets(key, who.request), bool))
    except (WrongOldPassword, WeakSecret, RateLimited, Busy) as error:
        return await who.page(error=error)
    return who.changed("password_changed")


@router.get("/account/owner")
async def get_owner_account(who: OwnerDep, done: Done | None = None) -> Response:
    return await who.page(done=done)


@router.post("/account/owner/sessions/{session_id}/end")
async def post_end_owner_session(who: OwnerDep, session_id: UUID, key: OnceKey) -> Response:
    return await who.end_session(session_id, key)


@router.post("/account/owner/sessions/end-others")
async def post_end_owner_others(who: OwnerDep, key: OnceKey) -> Response:
    return await who.end_other_sessions(key)


class PinForm(BaseModel):
    """`again` is the new PIN once more."""

    old: _Text
    new: _Text
    again: _Text


@router.post("/account/owner/pin")
async def post_pin(who: OwnerDep, form: Annotated[PinForm, Form()], key: OnceKey) -> Response:
    doors, visitor = who.doors, who.visitor
    assert visitor.device_id is not None, "an owner signs in on a phone"
    try:
        require_new_pin(form.old, form.new, form.again)
        with QUEUE.place(client_address(who.request)):
            own = await doors.try_own_pin(TryOwnPin(who.person_id, DeviceId(visitor.device_id)))
            if not await QUEUE.turn(is_pin, form.old, own.pin):
                raise WrongOldPin(tries_left=own.left)
            pin = await QUEUE.turn(hash_pin, form.new)
        command = ChangeOwnPin(who.person_id, own.pin, pin, visitor.session_id)
        await doors.change_own_pin(command, once=Once(without_secrets(key, who.request), bool))
    except (WrongOldPin, PinsDiffer, WeakSecret, RateLimited, Busy) as error:
        return await who.page(error=error)
    return who.changed("pin_changed")
