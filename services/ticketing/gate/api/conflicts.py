"""The manager's page of conflicts, undone scans and the scans of revoked phones. It changes nothing."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.codes.short_code import grouped
from services.ticketing.gate.api.doors import GateDep
from services.ticketing.gate.usecases.list_conflicts import CONFLICT_DAYS
from services.ticketing.people.domain import Actor
from shared.passes.auth import OFFICE, Allow, Pass, Role
from shared.web.pages import language_of

router = APIRouter()


@router.get("/manage/conflicts")
async def get_conflicts(
    request: Request, doors: GateDep, manager: Annotated[Pass, Depends(Allow(OFFICE, Role.MANAGER, Role.OPERATOR))]
) -> Response:
    found = await doors.list_conflicts(Actor(manager.role, manager.venues))
    language = language_of(request)
    return doors.pages.render(
        request,
        "desk/conflicts.html",
        conflicts=found.conflicts,
        undone=found.undone,
        quarantined=found.quarantined,
        names={venue.venue_id: venue.name(language) for venue in found.venues},
        products={product.product_id: product.name(language) for product in found.products},
        grouped=grouped,
        days=CONFLICT_DAYS,
        role=manager.role,
    )
