"""Doors of people and phones: office sign-in, owner sign-in on a paired phone, pairing, invitation, sign-out."""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.ticketing.people.api.doors import SignInDep, SignInDoors, place_of, with_wait, without_secrets
from services.ticketing.people.api.known_browsers import browser_of, remember_browser
from services.ticketing.people.domain import (
    DEVICE_PASS_LIFETIME,
    InvitationUnknown,
    LoginTaken,
    NameUnreadable,
    PairingCodeUnknown,
    PersonInvalid,
    RateLimited,
    WeakSecret,
    WrongPin,
    WrongSignIn,
    hash_of_code,
    is_pin,
)
from services.ticketing.people.usecases.first_people import AcceptInvitation, Invitation
from services.ticketing.people.usecases.passwords import QUEUE, Busy, is_password
from services.ticketing.people.usecases.people import AddedPerson, Secrets, hashed
from services.ticketing.people.usecases.phones import Paired, PairPhone
from services.ticketing.people.usecases.sessions import EndSession
from services.ticketing.people.usecases.sign_in import (
    OwnersOfPhone,
    SignInOffice,
    SignInOwner,
    TryOffice,
    TryOwner,
)
from services.ticketing.people.usecases.tries import CountTry, code_limits
from shared.errors import DomainError
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes.auth import (
    GATE,
    OFFICE,
    OWNER,
    Allow,
    Pass,
    Role,
    allow_anyone,
    clear_cookie,
    pass_in,
    set_cookie,
    sign_pass,
)
from shared.unit.idempotency import Once
from shared.web.addresses import client_address
from shared.web.app import OnceKey

router = APIRouter()
_ANYONE = [Depends(allow_anyone)]
PhonePass = Annotated[Pass, Depends(Allow(GATE, Role.DEVICE))]
_HOMES = {Role.PROVINCE: "/province", Role.OWNER: "/owner"}
_Text = Annotated[str, Field(max_length=200)]


class OfficeForm(BaseModel):
    login: _Text
    password: _Text
    next: _Text = ""


@router.get("/sign-in", dependencies=_ANYONE)
async def get_sign_in(request: Request, doors: SignInDep, next: str = "") -> Response:  # noqa: A002 - the address says next
    return doors.pages.render(request, "sign_in/office.html", next=next, login="", error=None)


@router.post("/sign-in", dependencies=_ANYONE)
async def post_sign_in(request: Request, form: Annotated[OfficeForm, Form()], doors: SignInDep) -> Response:
    address = client_address(request)
    attempt = TryOffice(form.login, address, browser_of(request, form.login, doors.pass_keys))
    try:
        with QUEUE.place(address):
            tried = await doors.try_office(attempt)
            fits = await is_password(form.password, tried.password_hash)
        fitting = tried.password_hash if fits else None
        issued = await doors.sign_in_office(SignInOffice(attempt, fitting, place_of(request)))
        if issued is None:
            raise WrongSignIn(tries_left=tried.left)
    except (WrongSignIn, RateLimited, Busy) as error:
        return _again(request, doors, "sign_in/office.html", error, next=form.next, login=form.login)
    response = _signed_in(doors, OFFICE, issued, form.next)
    remember_browser(response, request, form.login, doors.pass_keys)
    return response


class OwnerForm(BaseModel):
    person_id: UUID
    pin: _Text
    next: _Text = ""


@router.get("/sign-in/owner")
async def get_sign_in_owner(
    request: Request,
    phone: PhonePass,
    doors: SignInDep,
    next: str = "",  # noqa: A002
) -> Response:
    owners = await doors.owners_of_phone(OwnersOfPhone(DeviceId(phone.subject_id)))
    return doors.pages.render(request, "sign_in/owner.html", next=next, owners=owners, chosen=None, error=None)


@router.post("/sign-in/owner")
async def post_sign_in_owner(
    request: Request, phone: PhonePass, form: Annotated[OwnerForm, Form()], doors: SignInDep
) -> Response:
    device_id, person_id = DeviceId(phone.subject_id), PersonId(form.person_id)
    try:
        with QUEUE.place(client_address(request)):
            tried = await doors.try_owner(TryOwner(device_id, person_id))
            fits = tried.pin is not None and await QUEUE.turn(is_pin, form.pin, tried.pin)
        fitting = tried.pin if fits else None
        issued = await doors.sign_in_owner(SignInOwner(device_id, person_id, fitting, place_of(request)))
        if issued is None:
            raise WrongPin if tried.left is None else WrongPin(tries_left=tried.left)
    except (WrongSignIn, RateLimited, Busy) as error:
        owners = await doors.owners_of_phone(OwnersOfPhone(device_id))
        return _again(request, doors, "sign_in/owner.html", error, next=form.next, owners=owners, chosen=person_id)
    return _signed_in(doors, OWNER, issued, form.next)


class SignOutForm(BaseModel):
    door: Literal["office", "owner"]


@router.post("/sign-out", dependencies=_ANYONE)
async def post_sign_out(request: Request, form: Annotated[SignOutForm, Form()], doors: SignInDep) -> Response:
    """Ends the session in every service; whoever has no good pass is sent to the same place."""
    cookie = OFFICE if form.door == "office" else OWNER
    if (found := pass_in(request, cookie)) is not None:
        await doors.end_session(EndSession(PersonId(found.subject_id), found.session_id))
    response = RedirectResponse(cookie.sign_in, 303)
    clear_cookie(response, cookie)
    return response


class PairForm(BaseModel):
    code: _Text
    name: _Text = ""
    next: _Text = ""


@router.get("/pair", dependencies=_ANYONE)
async def get_pair(
    request: Request,
    doors: SignInDep,
    code: str = "",
    next: str = "",  # noqa: A002
) -> Response:
    return doors.pages.render(
        request, "sign_in/pair.html", next=next, pairing_code=code, name="", error=None, new_key=uuid7
    )


@router.post("/pair", dependencies=_ANYONE)
async def post_pair(request: Request, form: Annotated[PairForm, Form()], key: OnceKey, doors: SignInDep) -> Response:
    try:
        if (code_hash := hash_of_code(form.code)) is not None:
            await doors.count_try(CountTry(code_limits(code_hash)))
        paired = await doors.pair_phone(PairPhone(form.code, form.name), once=Once(key, Paired))
        # The answer is kept for a week, which is for a lost connection and no reason to make passes for so long.
        if paired.again_until is not None and doors.clock() >= paired.again_until:
            raise PairingCodeUnknown
    except (PairingCodeUnknown, NameUnreadable, RateLimited) as error:
        shown = {"next": form.next, "pairing_code": form.code, "name": form.name, "new_key": uuid7}
        return _again(request, doors, "sign_in/pair.html", error, **shown)
    now = doors.clock()
    device = paired.device_id
    issued = Pass(device, Role.DEVICE, paired.venues, "", device, now, now + DEVICE_PASS_LIFETIME)
    # An owner was sent here from signing in, with the page they wanted behind it. A gate's phone has one page.
    to_owner = form.next if form.next.startswith(OWNER.sign_in) else OWNER.sign_in
    return _signed_in(doors, GATE, issued, "/gate" if paired.kind == "gate" else to_owner)


class InvitationForm(BaseModel):
    token: _Text
    login: _Text
    display_name: _Text
    password: _Text


@router.get("/sign-in/invitation", dependencies=_ANYONE)
async def get_invitation(request: Request, doors: SignInDep, token: str = "") -> Response:
    return doors.pages.render(
        request, "sign_in/invitation.html", error=None, token=token, login="", name="", new_key=uuid7
    )


@router.post("/sign-in/invitation", dependencies=_ANYONE)
async def post_invitation(
    request: Request, form: Annotated[InvitationForm, Form()], key: OnceKey, doors: SignInDep
) -> Response:
    once = Once(without_secrets(key, request, form.token, form.login, form.display_name), AddedPerson)
    try:
        # A stranger must not have passwords worked out here that nobody asked for.
        await doors.require_invitation(Invitation(form.token))
        secrets = await hashed(Secrets(password=form.password, login=form.login), client_address(request))
        command = AcceptInvitation(form.token, form.login, form.display_name, secrets)
        await doors.accept_invitation(command, once=once)
    except (InvitationUnknown, PersonInvalid, WeakSecret, LoginTaken, Busy) as error:
        shown = {"token": form.token, "login": form.login, "name": form.display_name, "new_key": uuid7}
        return _again(request, doors, "sign_in/invitation.html", error, **shown)
    return RedirectResponse("/sign-in", 303)


def _signed_in(doors: SignInDoors, cookie: str, issued: Pass, asked_next: str) -> Response:
    """To where they wanted to go, if that is a place of ours, else to their role's own page."""
    ours = asked_next.startswith("/") and not asked_next.startswith(("//", "/\\"))
    response = RedirectResponse(asked_next if ours else _HOMES.get(issued.role, "/manage"), 303)
    lifetime_s = (issued.expires_at - issued.issued_at) // timedelta(seconds=1)
    set_cookie(response, cookie, sign_pass(issued, doors.pass_keys.signer), lifetime_s)
    return response


def _again(request: Request, doors: SignInDoors, template: str, error: DomainError, **shown: object) -> Response:
    """The form once more, saying what was wrong; never with the secret that was typed."""
    address = f"{request.url.path}?{urlencode({'next': shown['next']})}" if shown.get("next") else request.url.path
    response = doors.pages.render(request, template, status=error.status, at=address, error=error, **shown)
    return with_wait(response, error)
