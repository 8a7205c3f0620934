"""What the visitor's doors need. `app.py` binds each use-case once, under its own name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.sales.api.links import Links
from services.ticketing.sales.domain.addresses import AddressHasher
from services.ticketing.sales.usecases.cancel_order import CancelledOrder, CancelOrder
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder
from services.ticketing.sales.usecases.see_order import SeenOrder
from shared.clock import Clock
from shared.unit.batch import Together
from shared.unit.bound import Bound, Reader
from shared.web.live import Live
from shared.web.pages import Pages


@dataclass(frozen=True, slots=True)
class SalesDoors:
    """In `app.state.sales`. see_order is asked by the order's link."""

    pages: Pages
    live: Live
    clock: Clock
    catalogue: Callable[[], Catalogue]
    addresses: AddressHasher
    links: Links
    place_orders: Together[PlaceOrder, PlacedOrder]
    cancel_order: Bound[CancelOrder, CancelledOrder]
    see_order: Reader[str, SeenOrder]


def doors_of(request: Request) -> SalesDoors:
    doors = request.app.state.sales
    assert isinstance(doors, SalesDoors)
    return doors


async def _doors_of(request: Request) -> SalesDoors:
    return doors_of(request)


SalesDep = Annotated[SalesDoors, Depends(_doors_of)]
