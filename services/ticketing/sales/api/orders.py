"""The visitor's doors: a venue's form, paying and the tickets. Whoever has the link has the order."""

from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from services.ticketing.catalogue.domain.calendar import SALES_AHEAD_DAYS
from services.ticketing.catalogue.domain.products import Category
from services.ticketing.catalogue.venue_view import hours_of
from services.ticketing.codes.picture import svg
from services.ticketing.sales.api.doors import SalesDep, SalesDoors, doors_of
from services.ticketing.sales.api.order_view import OrderView, view_of
from services.ticketing.sales.states import read_state, snapshot_of, uses_of, watched_order
from services.ticketing.sales.usecases.place_orders import PlacedOrder, PlaceOrder
from services.ticketing.sales.usecases.see_order import UnknownOrder
from shared.clock import local_date
from shared.errors import DomainError, NotFound
from shared.events.topics import PAYMENTS_EVENTS
from shared.events.words import TicketMode
from shared.ids import OrderId, ProductId, VenueId, uuid7
from shared.passes.auth import allow_anyone
from shared.qr.images import png_for, svg_for
from shared.unit.changes import Snapshot
from shared.unit.idempotency import Key
from shared.unit.stopped import LIVE_TOPIC as STOPPED
from shared.web.addresses import client_address, is_one_house
from shared.web.app import OnceKey, once_key
from shared.web.event_stream import EventStream
from shared.web.i18n import money
from shared.web.limits import ORDERS, within
from shared.web.live import State
from shared.web.security_headers import Opening
from shared.web.thin import as_json, thin

router = APIRouter()
OPENINGS = (Opening("/orders", secret_link=True), Opening("/t", secret_link=True))
_WORKER = Path(__file__).parent.parent / "web" / "static" / "visitor" / "sw.js"
# Forms' keys become orders' ids by this name, which is ours alone.
_FORMS = UUID("0193c1d2-8a52-7c0e-9d1f-6f0b5a3f6e21")
_ANYONE = [Depends(allow_anyone)]
_NO_REFERRER = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


class UnknownVenue(NotFound):
    """No venue has this name."""

    code = "unknown_venue"


class OrderBody(BaseModel):
    """An order as our own clients send it; the id is made by them and is the idempotency key."""

    order_id: UUID
    product_id: str = Field(max_length=80)
    visit_on: date
    nights: int = 0
    counts: dict[str, int] = Field(max_length=20)
    ticket_mode: TicketMode = "per_person"


@router.get("/venues/{venue_id}", dependencies=_ANYONE)
async def get_venue(request: Request, venue_id: str, doors: SalesDep) -> Response:
    return _venue_page(request, venue_id, doors)


@router.post("/orders", dependencies=_ANYONE)
@within(rate=ORDERS)
async def post_order_form(request: Request, doors: SalesDep, key: OnceKey) -> Response:
    """The form of the venue's page, also without JavaScript; an error shows the form again with what was typed."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    product = doors.catalogue().products.get(ProductId(form.get("product_id", "")))
    if product is None:
        raise UnknownVenue
    try:
        command = replace(_command_of(form, key), address_hash=_address_hash(request, doors), key=key)
        placed = await _place(doors, command)
    except DomainError as error:
        page = _venue_page(request, product.venue_id, doors, typed=form, error=error)
        if (wait_s := error.fields.get("retry_after_s")) is not None:
            page.headers["Retry-After"] = str(wait_s)
        return page
    return RedirectResponse(f"/t/{placed.token}" if placed.ticketed else f"/orders/{placed.token}", 303)


@router.post("/api/orders", status_code=201, response_model=PlacedOrder, dependencies=_ANYONE)
@within(rate=ORDERS)
@thin
async def post_order(request: Request, body: OrderBody) -> Response:
    doors = doors_of(request)
    counts = {Category(name): count for name, count in body.counts.items()}
    command = PlaceOrder(
        OrderId(body.order_id),
        ProductId(body.product_id),
        body.visit_on,
        body.nights,
        counts,
        body.ticket_mode,
        address_hash=_address_hash(request, doors),
        key=once_key(request),
    )
    return as_json(await _place(doors, command), 201)


@router.get("/api/orders/{token}", response_model=OrderView, dependencies=_ANYONE)
@thin
async def get_order_state(request: Request, token: str) -> Response:
    return as_json(await _view(doors_of(request), token))


@router.get("/api/orders/{token}/live", response_class=EventStream, dependencies=_ANYONE)
@thin
async def get_order_live(request: Request, token: str) -> EventStream:
    """Serves the page that pays and the page of the tickets; `uses` is another text when a ticket was used."""
    doors = doors_of(request)
    states = doors.live.states

    async def look() -> Snapshot:
        seen = await doors.see_order(token)
        return snapshot_of(seen.order, seen.tickets)

    # Before the stream begins, because then it is too late to say 404.
    if (order_id := doors.links.order_of(token)) is None:
        since = states.heard
        seen = await doors.see_order(token)
        order_id = seen.order.order_id
        doors.links.remember(token, order_id)
        states.keep(watched_order(order_id), snapshot_of(seen.order, seen.tickets), since)
    watched = watched_order(order_id)

    async def read() -> State:
        state = read_state(await states.newest(watched, look))
        is_late = doors.live.is_stopped(PAYMENTS_EVENTS.name)
        return asdict(state) | {"location": f"/t/{token}", "is_late": is_late}

    return EventStream(doors.live.stream([watched, (STOPPED, PAYMENTS_EVENTS.name)], read))


@router.get("/orders/{token}", dependencies=_ANYONE)
async def get_pay_page(request: Request, token: str, doors: SalesDep) -> Response:
    view = await _view(doors, token)
    if view.status == "ticketed":
        return RedirectResponse(f"/t/{token}", 303, headers=_NO_REFERRER)
    code = "" if view.qr_payload is None else svg_for(view.qr_payload, "M", label=f"VietQR {money(view.due_vnd)}")
    is_late = doors.live.is_stopped(PAYMENTS_EVENTS.name)
    page = doors.pages.render(request, "visitor/pay.html", order=view, qr_svg=code, is_late=is_late)
    page.headers.update(_NO_REFERRER)
    return page


@router.get("/orders/{token}/qr.png", dependencies=_ANYONE)
async def get_qr_png(token: str, doors: SalesDep) -> Response:
    view = await _view(doors, token)
    if view.qr_payload is None:
        raise UnknownOrder
    headers = {
        **_NO_REFERRER,
        "Content-Disposition": f'attachment; filename="vietqr-{view.reference}-{view.due_vnd}.png"',
    }
    return Response(png_for(view.qr_payload, 10), media_type="image/png", headers=headers)


@router.get("/t/sw.js", dependencies=_ANYONE)
async def get_ticket_worker() -> Response:
    """A service worker controls its own folder only, so it is served here."""
    return FileResponse(_WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/t/{token}", dependencies=_ANYONE)
async def get_tickets(request: Request, token: str, doors: SalesDep) -> Response:
    view = await _view(doors, token)
    if view.status != "ticketed":
        return RedirectResponse(f"/orders/{token}", 303, headers=_NO_REFERRER)
    codes = [svg(ticket.code, label=ticket.short_code) for ticket in view.tickets]
    page = doors.pages.render(
        request,
        "visitor/tickets.html",
        order=view,
        tickets=list(zip(view.tickets, codes, strict=True)),
        uses=uses_of(view.tickets),
    )
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


async def _place(doors: SalesDoors, command: PlaceOrder) -> PlacedOrder:
    placed = await doors.place_orders(command)
    # Its page opens next, and nearly always here.
    doors.links.remember(placed.token, placed.order_id)
    return placed


def _command_of(form: dict[str, str], key: Key) -> PlaceOrder:
    """The order's id comes of the form's key, so that a form that is sent twice asks for one order.

    Blank or unreadable numbers count as 0: the rules of the order then say what is missing.
    """
    counts = {Category(name[6:]): _number(value) for name, value in form.items() if name.startswith("count_")}
    try:
        visit_on = date.fromisoformat(form.get("visit_on", ""))
    except ValueError:
        visit_on = date.min
    return PlaceOrder(
        OrderId(uuid5(_FORMS, key.value)),
        ProductId(form["product_id"]),
        visit_on,
        _number(form.get("nights", "")),
        counts,
        "group" if form.get("ticket_mode") == "group" else "per_person",
    )


def _address_hash(request: Request, doors: SalesDoors) -> bytes | None:
    address = client_address(request)
    return doors.addresses.hash_of(address, local_date(doors.clock())) if is_one_house(address) else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _venue_page(
    request: Request,
    venue_id: str,
    doors: SalesDoors,
    *,
    typed: dict[str, str] | None = None,
    error: DomainError | None = None,
) -> Response:
    catalogue = doors.catalogue()
    venue = catalogue.venues.get(VenueId(venue_id))
    if venue is None:
        raise UnknownVenue
    today = local_date(doors.clock())
    products = catalogue.products_of(venue.venue_id)
    tariffs = [t for p in products[:1] for t in catalogue.tariffs_of(p.product_id) if t.holds_on(today)]
    next_open_day = None if error is None else error.fields.get("next_open_day")
    calendar, last_day = catalogue.calendar_of(venue.venue_id), today + timedelta(days=SALES_AHEAD_DAYS)
    return doors.pages.render(
        request,
        "visitor/venue.html",
        status=200 if error is None else error.status,
        at=f"/venues/{venue.venue_id}",
        venue=venue,
        product=products[0] if products else None,
        tariffs=sorted(tariffs, key=lambda tariff: catalogue.categories[tariff.category].position),
        categories=catalogue.categories,
        today=today,
        last_day=last_day,
        hours=hours_of(calendar, today),
        opens_on=None if calendar.is_open(today) else calendar.next_open_day(today, last_day),
        typed=typed or {},
        error=error,
        next_open_day=date.fromisoformat(next_open_day) if isinstance(next_open_day, str) else None,
        key=str(uuid7()),
    )


async def _view(doors: SalesDoors, token: str) -> OrderView:
    seen = await doors.see_order(token)
    return view_of(seen, doors.catalogue(), doors.clock())
