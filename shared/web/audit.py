"""The page of a service's trail: an operator reads in words what people did. Each service has its own, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.unit.audit import NEWEST, AuditPage, Noted, ReadAudit
from shared.unit.bound import Reader
from shared.web.i18n import Language
from shared.web.pages import Pages, language_of

# By service, in the order in which they stand above each page.
PLACES: Mapping[str, str] = {
    "ticketing": "/manage/audit",
    "payments": "/manage/audit/payments",
    "analytics": "/manage/audit/analytics",
}
Operator = Annotated[Pass, Depends(Allow(OFFICE, Role.OPERATOR))]
_HOME = "/manage"
_ACTION = "audit.action."
# Years in which there can be a line; a day at the calendar's end has no next one.
_YEARS = range(2000, 3000)


@dataclass(frozen=True, slots=True)
class Named:
    """Who or what an id is called today. what: person, phone or venue; kind: a person's role, a phone's kind."""

    what: str
    name: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class AskNames:
    lines: Sequence[Noted]
    language: Language


@dataclass(frozen=True, slots=True)
class AuditDoors:
    """What this door needs, in `app.state.audit`.

    names: those of a page by id, in a service that knows any; its `template` then writes them.
    """

    service: str
    pages: Pages
    read_audit: Reader[ReadAudit, AuditPage]
    names: Reader[AskNames, Mapping[str, Named]] | None = None
    template: str = "audit.html"


async def _doors_of(request: Request) -> AuditDoors:
    doors = request.app.state.audit
    assert isinstance(doors, AuditDoors)
    return doors


AuditDep = Annotated[AuditDoors, Depends(_doors_of)]


def _actions(doors: AuditDoors) -> list[str]:
    """Those that have a text, in its order."""
    return [key.removeprefix(_ACTION) for key in doors.pages.texts.by_key if key.startswith(_ACTION)]


async def _asked(doors: AuditDep, before: int = NEWEST, action: str = "", day: str = "") -> ReadAudit:
    """What cannot be is not asked for: an unknown action and a day that is none are like none chosen."""
    return ReadAudit(min(max(before, 0), NEWEST), action if action in _actions(doors) else "", _day_of(day))


async def get_audit(
    request: Request, doors: AuditDep, visitor: Operator, asked: Annotated[ReadAudit, Depends(_asked)]
) -> Response:
    page = await doors.read_audit(asked)
    ask_names = AskNames(page.lines, language_of(request))
    day = {} if asked.day is None else {"day": asked.day.isoformat()}
    chosen = ({"action": asked.action} if asked.action else {}) | day
    address = PLACES[doors.service]
    return doors.pages.render(
        request,
        doors.template,
        page=page,
        names={} if doors.names is None else await doors.names(ask_names),
        chosen=chosen,
        address=address,
        here=_with(address, chosen),
        # The same day in the other services; what is done differs between them.
        places={service: _with(place, day) for service, place in PLACES.items()},
        service=doors.service,
        is_first=asked.before == NEWEST,
        actions=_actions(doors),
        role=visitor.role,
        home=_HOME,
    )


def router_of(service: str) -> APIRouter:
    router = APIRouter()
    router.add_api_route(PLACES[service], get_audit)
    return router


def _with(place: str, chosen: Mapping[str, str]) -> str:
    return f"{place}?{urlencode(chosen)}" if chosen else place


def _day_of(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
