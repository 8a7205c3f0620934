"""The doors of a site manager or operator: people and phones of their venues, pairing codes, revoking."""

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
from services.ticketing.people.api.doors import ManageDep, ManageDoors, with_wait, without_secrets
from services.ticketing.people.domain import BY_PIN, WITH_PIN, Actor
from services.ticketing.people.usecases.deeds import Deed, DeedName, TellDeed
from services.ticketing.people.usecases.people import (
    AddedPerson,
    AddPerson,
    ChangeSecrets,
    RevokePerson,
    Secrets,
    hashed,
)
from services.ticketing.people.usecases.phones import MadeCode, MakePairingCode, RenamePhone, RevokePhone
from shared.errors import DomainError
from shared.events.words import PersonRole
from shared.ids import DeviceId, PersonId, uuid7
from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.qr.images import svg_for
from shared.unit.bound import Bound
from shared.unit.idempotency import Once
from shared.web.addresses import client_address
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
class Managing:
    """Who manages, and with what request."""

    request: Request
    doors: ManageDoors
    visitor: Pass

    @property
    def actor(self) -> Actor:
        return Actor(self.visitor.role, self.visitor.venues)

    @property
    def actor_id(self) -> PersonId:
        return PersonId(self.visitor.subject_id)

    async def page(self, path: str, said: Said = NOTHING_SAID) -> Response:
        """The page of people or of phones as it is now, and what there is to say on it."""
        managed = await self.doors.list_managed(self.actor)
        done = None if said.deed is None else await self.doors.tell_deed(TellDeed(self.actor, said.deed))
        made, error = said.made, said.error
        qr = "" if made is None else svg_for(f"{self.doors.origin}/pair?code={made.code}", label=made.code)
        page = self.doors.pages.render(
            self.request,
            "sign_in/people.html" if path == _PEOPLE else "sign_in/phones.html",
            status=200 if error is None else error.status,
            # A code is shown once, so its page has no other language.
            at="" if made else path,
            desk=managed,
            names=self.names_of(managed.venues),
            actor=self.actor,
            own_id=self.actor_id,
            by_pin=BY_PIN,
            with_pin=WITH_PIN,
            role=self.visitor.role,
            error=error,
            done=done,
            typed=said.typed or _NOTHING_TYPED,
            add_refused=said.typed is not None,
            made=made,
            pair_address=f"{self.doors.origin}/pair",
            qr=Markup(qr),  # noqa: S704 - our own drawing
            new_key=uuid7,
        )
        return page if error is None else with_wait(page, error)

    def names_of(self, venues: Iterable[Venue]) -> dict[str, str]:
        language = language_of(self.request)
        return {venue.venue_id: venue.name(language) for venue in venues}

    async def do(self, usecase: Bound[C, R], command: C, once: Once[R], deed: Deed) -> Response:
        """Runs a change and shows its page anew, which says what was done; a refusal is shown there too."""
        try:
            await usecase(command, once=once)
        except DomainError as error:
            return await self.page(_path_of(deed), Said(error=error))
        return _to_page_of(deed)


def _managing(
    request: Request, doors: ManageDep, visitor: Annotated[Pass, Depends(Allow(OFFICE, Role.MANAGER, Role.OPERATOR))]
) -> Managing:
    return Managing(request, doors, visitor)


def _said(done: DeedName | None = None, who: UUID | None = None) -> Said:
    return NOTHING_SAID if done is None or who is None else Said(deed=Deed(done, who))


def _path_of(deed: Deed) -> str:
    return _PHONES if deed.name.startswith("phone") else _PEOPLE


def _to_page_of(deed: Deed) -> Response:
    return RedirectResponse(f"{_path_of(deed)}?{urlencode({'done': deed.name, 'who': deed.subject_id})}", 303)


ManagingDep = Annotated[Managing, Depends(_managing)]
SaidDep = Annotated[Said, Depends(_said)]
router = APIRouter(prefix="/manage")


@router.get("")
async def get_people(who: ManagingDep, said: SaidDep) -> Response:
    return await who.page(_PEOPLE, said)


@router.post("/people")
async def post_person(who: ManagingDep, form: Annotated[PersonForm, Form()], key: OnceKey) -> Response:
    told = without_secrets(key, who.request, form.login, form.display_name, form.role, *form.venues)
    try:
        command = AddPerson(
            actor_id=who.actor_id,
            actor=who.actor,
            login=form.login,
            display_name=form.display_name,
            role=form.role,
            venues=tuple(form.venues),
            secrets=await hashed(Secrets(form.pin, form.password, form.login), client_address(who.request)),
            scope=form.scope,
        )
        added = await who.doors.add_person(command, once=Once(told, AddedPerson))
    except DomainError as error:
        return await who.page(_PEOPLE, Said(error=error, typed=form))
    return _to_page_of(Deed("person_added", added.person_id))


class SecretsForm(BaseModel):
    pin: _Text = ""
    password: _Text = ""


@router.post("/people/{person_id}/secrets")
async def post_secrets(
    who: ManagingDep, person_id: UUID, form: Annotated[SecretsForm, Form()], key: OnceKey
) -> Response:
    try:
        secrets = await hashed(Secrets(form.pin, form.password), client_address(who.request))
    except DomainError as error:
        return await who.page(_PEOPLE, Said(error=error))
    is_own = person_id == who.visitor.subject_id
    kept = who.visitor.session_id if is_own else None
    command = ChangeSecrets(who.actor_id, who.actor, PersonId(person_id), secrets, kept)
    once = Once(without_secrets(key, who.request), bool)
    answer = await who.do(who.doors.change_secrets, command, once, Deed("secrets_changed", person_id))
    if is_own and answer.status_code == 303:
        who.doors.renewal.renew(answer, OFFICE, who.visitor)
    return answer


@router.post("/people/{person_id}/revoke")
async def post_revoke_person(who: ManagingDep, person_id: UUID, key: OnceKey) -> Response:
    command = RevokePerson(who.actor_id, who.actor, PersonId(person_id))
    return await who.do(who.doors.revoke_person, command, Once(key, bool), Deed("person_revoked", person_id))


@router.get("/phones")
async def get_phones(who: ManagingDep, said: SaidDep) -> Response:
    return await who.page(_PHONES, said)


class CodeForm(BaseModel):
    """`pair` is "venue:<venue id>" for a gate phone, "owner:<person id>" for an owner's."""

    pair: Annotated[str, Field(pattern=r"^(venue:[a-z0-9-]{1,80}|owner:[0-9a-f-]{36})$")]


@router.post("/phones/codes")
async def post_code(who: ManagingDep, form: Annotated[CodeForm, Form()], key: OnceKey) -> Response:
    """The page with the code as QR and text; it is shown here only."""
    kind, _, name = form.pair.partition(":")
    command = MakePairingCode(
        actor_id=who.actor_id,
        actor=who.actor,
        venue_id=name if kind == "venue" else None,
        owner_id=PersonId(UUID(name)) if kind == "owner" else None,
    )
    try:
        made = await who.doors.make_pairing_code(command, once=Once(key, MadeCode))
    except DomainError as error:
        return await who.page(_PHONES, Said(error=error))
    return await who.page(_PHONES, Said(made=made))


class NameForm(BaseModel):
    name: _Text


@router.post("/phones/{device_id}/rename")
async def post_rename_phone(
    who: ManagingDep, device_id: UUID, form: Annotated[NameForm, Form()], key: OnceKey
) -> Response:
    command = RenamePhone(who.actor_id, who.actor, DeviceId(device_id), form.name)
    return await who.do(who.doors.rename_phone, command, Once(key, bool), Deed("phone_renamed", device_id))


@router.post("/phones/{device_id}/revoke")
async def post_revoke_phone(who: ManagingDep, device_id: UUID, key: OnceKey) -> Response:
    command = RevokePhone(who.actor_id, who.actor, DeviceId(device_id))
    return await who.do(who.doors.revoke_phone, command, Once(key, bool), Deed("phone_revoked", device_id))
