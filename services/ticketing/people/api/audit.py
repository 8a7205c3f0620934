"""The door of the audit: an operator reads what people did."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.people.usecases.read_audit import NEWEST, AuditPage, ReadAudit
from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.unit.bound import Bound
from shared.web.pages import Pages, language_of

Operator = Annotated[Pass, Depends(Allow(OFFICE, Role.OPERATOR))]


@dataclass(frozen=True, slots=True)
class AuditDoors:
    """What this door needs, in `app.state.audit`."""

    pages: Pages
    read_audit: Bound[ReadAudit, AuditPage]


async def _doors_of(request: Request) -> AuditDoors:
    doors = request.app.state.audit
    assert isinstance(doors, AuditDoors)
    return doors


AuditDep = Annotated[AuditDoors, Depends(_doors_of)]
router = APIRouter()
_ACTION = "audit.action."
# Years in which there can be a line; a day at the calendar's end has no next one.
_YEARS = range(2000, 3000)


def _actions(doors: AuditDoors) -> list[str]:
    """Those that have a text, in its order."""
    return [key.removeprefix(_ACTION) for key in doors.pages.texts.by_key if key.startswith(_ACTION)]


async def _asked(doors: AuditDep, before: int = NEWEST, action: str = "", day: str = "") -> ReadAudit:
    """What cannot be is not asked for: an unknown action and a day that is none are like none chosen."""
    return ReadAudit(min(max(before, 0), NEWEST), action if action in _actions(doors) else "", _day_of(day))


@router.get("/manage/audit")
async def get_audit(
    request: Request, doors: AuditDep, visitor: Operator, asked: Annotated[ReadAudit, Depends(_asked)]
) -> Response:
    page = await doors.read_audit(asked)
    language = language_of(request)
    chosen = {"action": asked.action, "day": "" if asked.day is None else asked.day.isoformat()}
    here = f"/manage/audit?{urlencode({name: value for name, value in chosen.items() if value})}"
    return doors.pages.render(
        request,
        "sign_in/audit.html",
        page=page,
        chosen=chosen,
        here=here,
        is_first=asked.before == NEWEST,
        actions=_actions(doors),
        names={venue.venue_id: venue.name(language) for venue in page.venues},
        role=visitor.role,
    )


def _day_of(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if day.year in _YEARS else None
