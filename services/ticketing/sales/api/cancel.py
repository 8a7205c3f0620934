"""The visitor's door out of an unpaid order: a page that asks once more, and the form on it."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.ticketing.sales.api.order_view import view_of
from services.ticketing.sales.api.orders import ShopDep, UnknownOrder
from services.ticketing.sales.store.orders import Order, find_order_by_token
from services.ticketing.sales.usecases.cancel_order import CancelledOrder, CancelOrder, cancel_order
from shared.ids import uuid7
from shared.passes.auth import allow_anyone
from shared.unit.idempotency import Once
from shared.web.app import OnceKey

router = APIRouter()
_ANYONE = [Depends(allow_anyone)]
_SECRET = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


async def _order_of(token: str, shop: ShopDep) -> Order:
    async with shop.unit.pool.acquire() as connection:
        order = await find_order_by_token(connection, token)
    if order is None:
        raise UnknownOrder
    return order


OrderDep = Annotated[Order, Depends(_order_of)]


@router.get("/orders/{token}/cancel", dependencies=_ANYONE)
async def get_cancel_page(request: Request, order: OrderDep, shop: ShopDep) -> Response:
    view = view_of(order, [], shop.office.catalogue(), shop.unit.clock())
    if not view.cancellable:
        return _to_order(order)
    page = shop.pages.render(request, "visitor/cancel.html", order=view, key=str(uuid7()))
    page.headers.update(_SECRET)
    return page


@router.post("/orders/{token}/cancel", dependencies=_ANYONE)
async def post_cancel(order: OrderDep, shop: ShopDep, key: OnceKey) -> Response:
    usecase = partial(cancel_order, catalogue=shop.office.catalogue)
    await shop.unit.run(usecase, CancelOrder(order.order_id), once=Once(key, CancelledOrder))
    return _to_order(order)


def _to_order(order: Order) -> Response:
    return RedirectResponse(f"/orders/{order.token}", 303, headers=_SECRET)
