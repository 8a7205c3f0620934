"""The visitor's door out of an unpaid order: a page that asks once more, and the form on it."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.ticketing.sales.api.doors import SalesDep
from services.ticketing.sales.api.order_view import view_of
from services.ticketing.sales.usecases.cancel_order import CancelledOrder, CancelOrder
from services.ticketing.sales.usecases.see_order import SeenOrder
from shared.ids import uuid7
from shared.passes.auth import allow_anyone
from shared.unit.idempotency import Once
from shared.web.app import OnceKey

router = APIRouter()
_ANYONE = [Depends(allow_anyone)]
_SECRET = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


async def _seen(token: str, doors: SalesDep) -> SeenOrder:
    return await doors.see_order(token)


SeenDep = Annotated[SeenOrder, Depends(_seen)]


@router.get("/orders/{token}/cancel", dependencies=_ANYONE)
async def get_cancel_page(request: Request, seen: SeenDep, doors: SalesDep) -> Response:
    if not seen.order.is_cancellable:
        return _to_order(seen)
    view = view_of(seen, doors.catalogue(), doors.clock())
    page = doors.pages.render(request, "visitor/cancel.html", order=view, key=str(uuid7()))
    page.headers.update(_SECRET)
    return page


@router.post("/orders/{token}/cancel", dependencies=_ANYONE)
async def post_cancel(seen: SeenDep, doors: SalesDep, key: OnceKey) -> Response:
    await doors.cancel_order(CancelOrder(seen.order.order_id), once=Once(key, CancelledOrder))
    return _to_order(seen)


def _to_order(seen: SeenOrder) -> Response:
    return RedirectResponse(f"/orders/{seen.token}", 303, headers=_SECRET)
