"""The desk of a site manager or operator: people and phones of their venues, pairing codes, revoking."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.ticketing.catalogue.domain.products import Venue
from services.ticketing.people.api.web import Web, WebDep, with_wait, without_secrets
from services.ticketing.people.domain import Actor, PersonRole
from services.ticketing.people.usecases.desk_deeds import Deed, DeedName, tell_deed
from services.ticketing.people.usecases.people import (
    AddedPerson,
    AddPerson,
    ChangeSecrets,
    RevokePerson,
    Secrets,
    add_person,
    change_secrets,
    hashed,
    people_desk,
    revoke_person,
)
from services.ticketing.people.usecases.phones import (
    MadeCode,
    MakePairingCode,
    RenamePhone,
    RevokePhone,
    make_pairing_code,
    rename_phone,
    revoke_phone,
)
from shared.errors import DomainError
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.qr.images import svg_for
from shared.unit.idempotency import Once
from shared.unit.unit import UseCase
from shared.web.app import OnceKey
from shared.web.pages import language_of

C = TypeVar("C")
R = TypeVar("R")
_Text = Annotated[str, Field(max_length=200)]
_PEOPLE, _PHONES = "/manage", "/manage/phones"


class PersonForm(BaseModel):
    login: _Text
    display_name: _Text
    role: PersonRole
    venues: list[_Text] = []
    scope: _Text = ""
    pin: _Text = ""
    password: _Text = ""


_NOTHING_TYPED = PersonForm(login="", display_name="", role="gate")


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says besides what it lists: what went wrong, what was typed, the code just made, what was done."""

    error: DomainError | None = None
    made: MadeCode | None = None
    typed: PersonForm | None = None
    deed: Deed | None = None


NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Who stands at the desk, and with what request."""

    request: Request
    web: Web
    visitor: Pass

    @property
    def actor(self) -> Actor:
        return Actor(self.visitor.role, self.visitor.venues)

    @property
    def actor_id(self) -> PersonId:
        return PersonId(self.visitor.subject_id)

    async def page(self, path: str, said: Said = NOTHING_SAID) -> Response:
        """The page of people or of phones as it is now, and what there is to say on it."""
        desk = await self.web.unit.run(people_desk, self.actor)
        done = None if said.deed is None else await self.web.unit.run(tell_deed, (self.actor, said.deed))
        made, error = said.made, said.error
        qr = "" if made is None else svg_for(f"{self.web.origin}/pair?code={made.code}", label=made.code)
        page = self.web.pages.render(
            self.request,
            "sign_in/people.html" if path == _PEOPLE else "sign_in/phones.html",
            status=200 if error is None else error.status,
            # A code is shown once, so its page has no other language.
            at="" if made else path,
            desk=desk,
            names=self.names_of(desk.venues),
            visitor=self.visitor,
            role=self.visitor.role,
            error=error,
            done=done,
            typed=said.typed or _NOTHING_TYPED,
            add_refused=said.typed is not None,
            made=made,
            pair_address=f"{self.web.origin}/pair",
            qr=Markup(qr),  # noqa: S704 - our own drawing
            new_key=uuid7,
        )
        return page if error is None else with_wait(page, error)

    def names_of(self, venues: Iterable[Venue]) -> dict[str, str]:
        language = language_of(self.request)
        return {venue.venue_id: venue.name(language) for venue in venues}

    async def do(self, usecase: UseCase[C, R], command: C, once: Once[R], deed: Deed) -> Response:
        """Runs a change and shows its page anew, which says what was done; a refusal is shown there too."""
        try:
            await self.web.unit.run(usecase, command, once=once)
        except DomainError as error:
            return await self.page(_path_of(deed), Said(error=error))
        return _to_page_of(deed)


def _at_desk(
    request: Request, web: WebDep, visitor: Annotated[Pass, Depends(Allow(OFFICE, Role.MANAGER, Role.OPERATOR))]
) -> AtDesk:
    return AtDesk(request, web, visitor)


def _said(done: DeedName | None = None, who: UUID | None = None) -> Said:
    return NOTHING_SAID if done is None or who is None else Said(deed=Deed(done, who))


def _path_of(deed: Deed) -> str:
    return _PHONES if deed.name.startswith("phone") else _PEOPLE


def _to_page_of(deed: Deed) -> Response:
    return RedirectResponse(f"{_path_of(deed)}?{urlencode({'done': deed.name, 'who': deed.subject_id})}", 303)


DeskDep = Annotated[AtDesk, Depends(_at_desk)]
SaidDep = Annotated[Said, Depends(_said)]
router = APIRouter(prefix="/manage")


@router.get("")
async def get_people(desk: DeskDep, said: SaidDep) -> Response:
    return await desk.page(_PEOPLE, said)


@router.post("/people")
async def post_person(desk: DeskDep, form: Annotated[PersonForm, Form()], key: OnceKey) -> Response:
    told = without_secrets(key, desk.request, form.login, form.display_name, form.role, *form.venues)
    try:
        command = AddPerson(
            actor_id=desk.actor_id,
            actor=desk.actor,
            login=form.login,
            display_name=form.display_name,
            role=form.role,
            venues=tuple(form.venues),
            secrets=await hashed(Secrets(form.pin, form.password)),
            scope=form.scope,
        )
        added = await desk.web.unit.run(add_person, command, once=Once(told, AddedPerson))
    except DomainError as error:
        return await desk.page(_PEOPLE, Said(error=error, typed=form))
    return _to_page_of(Deed("person_added", added.person_id))


class SecretsForm(BaseModel):
    pin: _Text = ""
    password: _Text = ""


@router.post("/people/{person_id}/secrets")
async def post_secrets(desk: DeskDep, person_id: UUID, form: Annotated[SecretsForm, Form()], key: OnceKey) -> Response:
    try:
        secrets = await hashed(Secrets(form.pin, form.password))
    except DomainError as error:
        return await desk.page(_PEOPLE, Said(error=error))
    command = ChangeSecrets(desk.actor_id, desk.actor, PersonId(person_id), secrets)
    once = Once(without_secrets(key, desk.request), bool)
    return await desk.do(change_secrets, command, once, Deed("secrets_changed", person_id))


@router.post("/people/{person_id}/revoke")
async def post_revoke_person(desk: DeskDep, person_id: UUID, key: OnceKey) -> Response:
    command = RevokePerson(desk.actor_id, desk.actor, PersonId(person_id))
    return await desk.do(revoke_person, command, Once(key, bool), Deed("person_revoked", person_id))


@router.get("/phones")
async def get_phones(desk: DeskDep, said: SaidDep) -> Response:
    return await desk.page(_PHONES, said)


class CodeForm(BaseModel):
    """`pair` is "venue:<venue id>" for a gate phone, "owner:<person id>" for an owner's."""

    pair: Annotated[str, Field(pattern=r"^(venue:[a-z0-9-]{1,80}|owner:[0-9a-f-]{36})$")]


@router.post("/phones/codes")
async def post_code(desk: DeskDep, form: Annotated[CodeForm, Form()], key: OnceKey) -> Response:
    """The page with the code as QR and text; it is shown here only."""
    kind, _, name = form.pair.partition(":")
    command = MakePairingCode(
        actor_id=desk.actor_id,
        actor=desk.actor,
        venue_id=name if kind == "venue" else None,
        owner_id=PersonId(UUID(name)) if kind == "owner" else None,
    )
    try:
        made = await desk.web.unit.run(make_pairing_code, command, once=Once(key, MadeCode))
    except DomainError as error:
        return await desk.page(_PHONES, Said(error=error))
    return await desk.page(_PHONES, Said(made=made))


class NameForm(BaseModel):
    name: _Text


@router.post("/phones/{device_id}/rename")
async def post_rename_phone(
    desk: DeskDep, device_id: UUID, form: Annotated[NameForm, Form()], key: OnceKey
) -> Response:
    command = RenamePhone(desk.actor_id, desk.actor, DeviceId(device_id), form.name)
    return await desk.do(rename_phone, command, Once(key, bool), Deed("phone_renamed", device_id))


@router.post("/phones/{device_id}/revoke")
async def post_revoke_phone(desk: DeskDep, device_id: UUID, key: OnceKey) -> Response:
    command = RevokePhone(desk.actor_id, desk.actor, DeviceId(device_id))
    return await desk.do(revoke_phone, command, Once(key, bool), Deed("phone_revoked", device_id))
