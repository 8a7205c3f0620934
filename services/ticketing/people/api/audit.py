"""The door of the audit: an operator reads what people did."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.people.usecases.read_audit import ACTIONS, NEWEST, AuditPage, ReadAudit
from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.unit.bound import Bound
from shared.web.pages import Pages

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


@router.get("/manage/audit")
async def get_audit(
    request: Request, doors: AuditDep, visitor: Operator, before: int = NEWEST, action: str = ""
) -> Response:
    asked = ReadAudit(min(max(before, 0), NEWEST), action if action in ACTIONS else "")
    page = await doors.read_audit(asked)
    return doors.pages.render(
        request, "sign_in/audit.html", page=page, asked=asked, actions=ACTIONS, newest=NEWEST, role=visitor.role
    )
