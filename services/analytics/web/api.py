"""The province's doors: one page, and the same numbers as JSON, CSV and a live stream."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from services.analytics.stream.store import LIVE_KEY, LIVE_TOPIC
from services.analytics.views.csv_export import overview_csv
from services.analytics.views.overview import Asked, Days, DaysWrong, Overview, read_overview
from shared.clock import Clock, local_date
from shared.events.topics import PAYMENTS_EVENTS, TICKETING_EVENTS
from shared.passes.auth import OFFICE, Allow, Pass, Role, stay_of
from shared.storage.db import Pool, acquire
from shared.unit.stopped import LIVE_TOPIC as STOPPED
from shared.web.event_stream import EventStream
from shared.web.live import Live, State
from shared.web.pages import Pages, language_of

router = APIRouter()
# Eyes gain nothing from more, and each look is a query.
_MIN_INTERVAL_S = 1.0
_COUNTED = (TICKETING_EVENTS, PAYMENTS_EVENTS)
_PRESETS = {"today": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class ProvinceDoors:
    """What these doors need; `app.py` puts it into `app.state.province`."""

    pool: Pool
    live: Live
    pages: Pages
    clock: Clock

    @property
    def is_stopped(self) -> bool:
        """For now not everything is counted that happens."""
        return any(self.live.is_stopped(topic.name) for topic in _COUNTED)

    async def look(self, asked: Asked) -> Overview:
        async with acquire(self.pool) as connection:
            return await read_overview(connection, asked, self.clock())


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, through which doors, at which numbers."""

    doors: ProvinceDoors
    asked: Asked
    stay: Callable[[], bool]

    async def look(self) -> Overview:
        return await self.doors.look(self.asked)


SeenBy = Annotated[Pass, Depends(Allow(OFFICE, Role.PROVINCE, Role.OPERATOR))]
# The first and last day stand in the address, so that a view can be sent to a colleague.
First = Annotated[str, Query(alias="from")]
Last = Annotated[str, Query(alias="to")]


def _doors_of(request: Request) -> ProvinceDoors:
    doors = request.app.state.province
    assert isinstance(doors, ProvinceDoors)
    return doors


async def _viewer_of(request: Request, seen_by: SeenBy, first: First = "", last: Last = "") -> Viewer:
    doors = _doors_of(request)
    days = Days.read(first, last, doors.clock())
    asked = Asked(days, seen_by.scope, doors.pages.texts.spoken(language_of(request)))
    return Viewer(doors, asked, stay_of(request, seen_by))


ViewerDep = Annotated[Viewer, Depends(_viewer_of)]


@router.get("/province")
async def get_province_page(request: Request, seen_by: SeenBy, first: First = "", last: Last = "") -> Response:
    """The numbers; for days that are none the form as it was filled in, the mistake beside it, and no number."""
    doors = _doors_of(request)
    overview: Overview | None = None
    wrong: DaysWrong | None = None
    try:
        overview = await (await _viewer_of(request, seen_by, first, last)).look()
    except DaysWrong as found:
        wrong = found
    today = local_date(doors.clock())
    page = doors.pages.render(
        request,
        "province.html",
        status=wrong.status if wrong else 200,
        overview=overview,
        is_stopped=doors.is_stopped,
        wrong=wrong,
        typed={"from": overview.days.first, "to": overview.days.last} if overview else {"from": first, "to": last},
        presets={name: (today - timedelta(days=count - 1)) for name, count in _PRESETS.items()},
        today=today,
        home="/province",
        role=seen_by.role,
    )
    page.headers["Cache-Control"] = "private, no-store"
    return page


@router.get("/api/province/overview")
async def get_overview(viewer: ViewerDep) -> Response:
    return _private(msgspec.json.encode(await viewer.look()), "application/json")


@router.get("/api/province/overview.csv")
async def get_overview_csv(viewer: ViewerDep) -> Response:
    overview = await viewer.look()
    response = _private(overview_csv(overview, viewer.asked.spoken), "text/csv; charset=utf-8")
    name = f"mot-cham-{overview.days.first}-{overview.days.last}.csv"
    response.headers["Content-Language"] = viewer.asked.spoken.language
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@router.get("/api/province/live", response_class=EventStream)
async def get_live(viewer: ViewerDep) -> EventStream:
    """What the page needs to know that it is out of date; it then fetches itself anew."""

    async def read() -> State:
        overview = await viewer.look()
        return {
            "shares": {indicator.key: indicator.value_bp for indicator in overview.indicators},
            "amount_vnd": overview.total.amount_vnd,
            "payments": overview.total.payments,
            "people": overview.people,
            "refunded_vnd": overview.refunded_vnd,
            "newest_at": overview.freshness.newest_at,
            "is_stopped": viewer.doors.is_stopped,
        }

    watched = [(LIVE_TOPIC, LIVE_KEY), *((STOPPED, topic.name) for topic in _COUNTED)]
    return EventStream(viewer.doors.live.stream(watched, read, min_interval_s=_MIN_INTERVAL_S, stay=viewer.stay))


def _private(body: bytes, media_type: str) -> Response:
    return Response(body, media_type=media_type, headers={"Cache-Control": "private, no-store"})
