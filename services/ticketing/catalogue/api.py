"""The visitor's first door: what there is to visit, looked through by words, kind and former district."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.venue_view import Search, districts_of, kinds_of, venue_cards
from shared.clock import Clock, local_date
from shared.passes.auth import allow_anyone
from shared.web.pages import Pages

router = APIRouter()


@dataclass(frozen=True, slots=True)
class CatalogueDoors:
    """What this door needs; `app.py` puts it into `app.state.catalogue`."""

    pages: Pages
    clock: Clock
    catalogue: Callable[[], Catalogue]


async def _doors_of(request: Request) -> CatalogueDoors:
    doors = request.app.state.catalogue
    assert isinstance(doors, CatalogueDoors)
    return doors


@router.get("/", dependencies=[Depends(allow_anyone)])
async def get_home(request: Request, doors: Annotated[CatalogueDoors, Depends(_doors_of)]) -> Response:
    cards = venue_cards(doors.catalogue(), local_date(doors.clock()))
    search = Search.of(request.query_params)
    return doors.pages.render(
        request,
        "visitor/home.html",
        cards=[card for card in cards if search.finds(card)],
        search=search,
        kinds=kinds_of(cards),
        districts=districts_of(cards),
    )
