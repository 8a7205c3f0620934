"""The doors of one's own account: where one is signed in, signing out elsewhere, the own password. And the audit."""

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.ticketing.people.api.doors import Renewal, with_wait, without_secrets
from services.ticketing.people.domain import RateLimited, WeakSecret, require_good_password
from services.ticketing.people.store.sessions import OpenSession
from services.ticketing.people.usecases.own_password import (
    ChangeOwnPassword,
    TriedOwn,
    TryOwnPassword,
    WrongOldPassword,
)
from services.ticketing.people.usecases.passwords import QUEUE, Busy, hash_password, is_password
from services.ticketing.people.usecases.read_audit import ACTIONS, NEWEST, AuditPage, ReadAudit
from services.ticketing.people.usecases.sessions import EndOtherSessions, EndSession, SeeSessions, UnknownSession
from shared.errors import DomainError
from shared.ids import PersonId, uuid7
from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.unit.bound import Bound
from shared.unit.idempotency import Once
from shared.web.addresses import client_address
from shared.web.app import OnceKey
from shared.web.pages import Pages

Done = Literal["session_ended", "others_ended", "password_changed"]
Visitor = Annotated[Pass, Depends(Allow(OFFICE, Role.MANAGER, Role.PROVINCE, Role.OPERATOR))]
Operator = Annotated[Pass, Depends(Allow(OFFICE, Role.OPERATOR))]
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
    read_audit: Bound[ReadAudit, AuditPage]


async def _doors_of(request: Request) -> AccountDoors:
    doors = request.app.state.account
    assert isinstance(doors, AccountDoors)
    return doors


AccountDep = Annotated[AccountDoors, Depends(_doors_of)]
router = APIRouter()


@router.get("/account")
async def get_account(request: Request, doors: AccountDep, visitor: Visitor, done: Done | None = None) -> Response:
    return await _page(request, doors, visitor, done=done)


@router.post("/account/sessions/{session_id}/end")
async def post_end_session(doors: AccountDep, visitor: Visitor, session_id: UUID, key: OnceKey) -> Response:
    if not await doors.end_session(EndSession(PersonId(visitor.subject_id), session_id), once=Once(key, bool)):
        raise UnknownSession
    return _done("session_ended")


@router.post("/account/sessions/end-others")
async def post_end_others(doors: AccountDep, visitor: Visitor, key: OnceKey) -> Response:
    command = EndOtherSessions(PersonId(visitor.subject_id), visitor.session_id)
    await doors.end_other_sessions(command, once=Once(key, int))
    return _done("others_ended")


class PasswordForm(BaseModel):
    old: _Text
    new: _Text


@router.post("/account/password")
async def post_password(
    request: Request, doors: AccountDep, visitor: Visitor, form: Annotated[PasswordForm, Form()], key: OnceKey
) -> Response:
    person_id = PersonId(visitor.subject_id)
    try:
        with QUEUE.place(client_address(request)):
            own = await doors.try_own_password(TryOwnPassword(person_id, str(visitor.session_id)))
            require_good_password(form.new, own.login)
            if own.password_hash is None or not await is_password(form.old, own.password_hash):
                raise WrongOldPassword
            new_hash = await hash_password(form.new)
        command = ChangeOwnPassword(person_id, own.password_hash, new_hash, visitor.session_id)
        await doors.change_own_password(command, once=Once(without_secrets(key, request), bool))
    except (WrongOldPassword, WeakSecret, RateLimited, Busy) as error:
        return await _page(request, doors, visitor, error=error)
    response = _done("password_changed")
    doors.renewal.renew(response, OFFICE, visitor)
    return response


@router.get("/manage/audit")
async def get_audit(
    request: Request, doors: AccountDep, visitor: Operator, before: int = NEWEST, action: str = ""
) -> Response:
    asked = ReadAudit(min(max(before, 0), NEWEST), action if action in ACTIONS else "")
    page = await doors.read_audit(asked)
    return doors.pages.render(
        request, "sign_in/audit.html", page=page, asked=asked, actions=ACTIONS, newest=NEWEST, role=visitor.role
    )


async def _page(
    request: Request, doors: AccountDoors, visitor: Pass, *, done: Done | None = None, error: DomainError | None = None
) -> Response:
    sessions = await doors.see_sessions(SeeSessions(PersonId(visitor.subject_id)))
    page = doors.pages.render(
        request,
        "sign_in/account.html",
        status=200 if error is None else error.status,
        at="/account",
        sessions=sessions,
        here=visitor.session_id,
        role=visitor.role,
        done=done,
        error=error,
        new_key=uuid7,
    )
    return page if error is None else with_wait(page, error)


def _done(done: Done) -> Response:
    return RedirectResponse(f"/account?done={done}", 303)
