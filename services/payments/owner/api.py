"""The owner's doors: the day, a charge by VietQR that turns to paid by itself, and cash. Forms work without JavaScript.

Whoever has several homestays sees one at a time, and every form names the one that it was made for.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.payments.cash.store import Cash, find_cash
from services.payments.cash.usecases import (
    UNDO_WITHIN,
    CashAmountRefused,
    RecordCash,
    UndoCash,
    record_cash,
    take_back_cash,
)
from services.payments.intents.store import Intent
from services.payments.intents.usecases.open_intent import (
    CHARGE_LIMIT_VND,
    AmountTooLarge,
    AmountTooSmall,
    ChargeGuest,
    charge_guest,
)
from services.payments.merchants.domain import NoMerchant
from services.payments.merchants.store import names_of_venues
from services.payments.owner.views import PRESETS_VND, ChargeView, charge_view, get_charge, home_view
from shared.errors import DomainError
from shared.ids import CashId, OrderId, PersonId, VenueId, uuid7
from shared.money import AmountUnreadable, read_amount
from shared.passes.auth import OWNER, Allow, Pass, Role, VenueForbidden
from shared.qr.images import svg_for
from shared.unit.idempotency import IdempotencyConflict, Once
from shared.unit.unit import Unit
from shared.web.app import OnceKey
from shared.web.i18n import money
from shared.web.live import Live, State
from shared.web.pages import Pages

router = APIRouter()
# What the owner can mend on the form itself.
_MENDABLE = (AmountUnreadable, AmountTooSmall, AmountTooLarge, CashAmountRefused, NoMerchant, IdempotencyConflict)

# At each state a page is asked for anew: a rush of guests shall not make that more than this often.
_DAY_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Desk:
    """What these doors need; `app.py` puts it into `app.state.desk`."""

    unit: Unit
    pages: Pages
    live: Live


@dataclass(frozen=True, slots=True)
class Host:
    """Who asks, where they may act, and with what. `venues` is never empty."""

    request: Request
    desk: Desk
    person_id: PersonId
    venues: tuple[VenueId, ...]

    def at(self, venue: str) -> VenueId:
        """The host's own venue of this id; VenueForbidden if it is none of theirs."""
        if venue not in self.venues:
            raise VenueForbidden
        return VenueId(venue)


async def _host_of(request: Request, owner: Annotated[Pass, Depends(Allow(OWNER, Role.OWNER))]) -> Host:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    if not owner.venues:
        raise VenueForbidden
    return Host(request, desk, PersonId(owner.subject_id), tuple(map(VenueId, owner.venues)))


HostDep = Annotated[Host, Depends(_host_of)]


async def _seen_venue(host: HostDep, venue: Annotated[str | None, Query(max_length=100)] = None) -> VenueId:
    """The venue that a page shows: the one asked for, else the host's first."""
    return host.venues[0] if venue is None else host.at(venue)


SeenVenue = Annotated[VenueId, Depends(_seen_venue)]


# A dependency, because once a stream has begun it is too late to say 404.
async def _charge_of(order_id: UUID, host: HostDep) -> Intent:
    async with host.desk.unit.pool.acquire() as connection:
        return await get_charge(connection, OrderId(order_id), host.venues)


ChargeDep = Annotated[Intent, Depends(_charge_of)]


class AmountForm(BaseModel):
    """`venue` has no default: money must not be written down for a homestay that nobody named."""

    venue: Annotated[str, Field(max_length=100)]
    amount: Annotated[str, Field(max_length=40)] = ""


@router.get("/owner")
async def get_owner_home(host: HostDep, venue_id: SeenVenue, amount: str = "", cash: UUID | None = None) -> Response:
    """amount: fills the field. cash: was just recorded and may be undone."""
    return await _home(host, venue_id, typed=amount[:40], cash_id=cash)


@router.get("/api/owner/live", response_class=EventSourceResponse)
async def get_owner_live(host: HostDep, venue_id: SeenVenue) -> AsyncIterator[ServerSentEvent]:
    async def read() -> State:
        async with host.desk.unit.pool.acquire() as connection:
            return (await home_view(connection, venue_id, host.desk.unit.clock())).live()

    async for event in host.desk.live.stream([("venue", venue_id)], read, min_interval_s=_DAY_EVERY_S):
        yield event


@router.post("/owner/charges")
async def post_charge(host: HostDep, form: Annotated[AmountForm, Form()], key: OnceKey) -> Response:
    venue_id = host.at(form.venue)
    try:
        command = ChargeGuest(OrderId(uuid7()), venue_id, read_amount(form.amount))
        intent = await host.desk.unit.run(charge_guest, command, once=Once(key, Intent))
    except _MENDABLE as error:
        return await _home(host, venue_id, typed=form.amount, error=error)
    return RedirectResponse(f"/owner/charges/{intent.order_id}", 303)


@router.get("/owner/charges/{order_id}")
async def get_charge_page(host: HostDep, charge: ChargeDep) -> Response:
    view = await _view(host, charge)
    # The label tells a screen reader what the picture is for; the amount stands beside it.
    code = Markup(svg_for(view.qr_payload, "M", label=f"VietQR {money(view.due_vnd)}"))  # noqa: S704 - our own SVG
    return _page(host, "owner/charge.html", charge.venue_id, charge=view, qr_svg=code)


@router.get("/api/owner/charges/{order_id}/live", response_class=EventSourceResponse)
async def get_charge_live(host: HostDep, charge: ChargeDep) -> AsyncIterator[ServerSentEvent]:
    async def read() -> State:
        async with host.desk.unit.pool.acquire() as connection:
            known = await get_charge(connection, charge.order_id, host.venues)
        return (await _view(host, known)).live()

    async for event in host.desk.live.stream([("venue", charge.venue_id)], read):
        yield event


@router.get("/owner/cash")
async def get_cash_page(host: HostDep, venue_id: SeenVenue, amount: str = "") -> Response:
    """The second tap: says the amount back and records it."""
    try:
        amount_vnd = read_amount(amount[:40])
        if not 0 < amount_vnd <= CHARGE_LIMIT_VND:
            raise CashAmountRefused
    except _MENDABLE as error:
        return await _home(host, venue_id, typed=amount[:40], error=error)
    return _page(host, "owner/cash.html", venue_id, amount_vnd=amount_vnd, key=uuid7())


@router.post("/owner/cash")
async def post_cash(host: HostDep, form: Annotated[AmountForm, Form()], key: OnceKey) -> Response:
    venue_id = host.at(form.venue)
    try:
        command = RecordCash(CashId(uuid7()), venue_id, read_amount(form.amount), host.person_id)
        cash = await host.desk.unit.run(record_cash, command, once=Once(key, Cash))
    except _MENDABLE as error:
        return await _home(host, venue_id, typed=form.amount, error=error)
    return RedirectResponse(f"/owner?{urlencode({'venue': venue_id, 'cash': cash.cash_id})}", 303)


@router.post("/owner/cash/{cash_id}/undo")
async def post_cash_undo(host: HostDep, cash_id: UUID, key: OnceKey) -> Response:
    command = UndoCash(CashId(cash_id), host.venues)
    cash = await host.desk.unit.run(take_back_cash, command, once=Once(key, Cash))
    return RedirectResponse(f"/owner?{urlencode({'venue': cash.venue_id, 'cash': cash_id})}", 303)


async def _view(host: Host, charge: Intent) -> ChargeView:
    async with host.desk.unit.pool.acquire() as connection:
        return await charge_view(connection, charge, host.desk.unit.clock())


async def _home(
    host: Host,
    venue_id: VenueId,
    *,
    typed: str = "",
    cash_id: UUID | None = None,
    error: DomainError | None = None,
) -> Response:
    now = host.desk.unit.clock()
    async with host.desk.unit.pool.acquire() as connection:
        view = await home_view(connection, venue_id, now)
        names = await names_of_venues(connection, host.venues)
        cash = None if cash_id is None else await find_cash(connection, CashId(cash_id), (venue_id,))
    if cash is not None and now - cash.recorded_at >= UNDO_WITHIN:
        cash = None
    shown = {"home_view": view, "names": names, "presets": PRESETS_VND, "typed": typed, "cash": cash, "today": now}
    return _page(host, "owner/home.html", venue_id, error=error, new_key=uuid7, **shown)


def _page(
    host: Host, template: str, venue_id: VenueId, *, error: DomainError | None = None, **shown: object
) -> Response:
    status = 200 if error is None else error.status
    home = f"/owner?{urlencode({'venue': venue_id})}"
    page = host.desk.pages.render(
        host.request,
        template,
        status=status,
        at=home,
        error=error,
        own_home=home,
        venue_id=venue_id,
        role=Role.OWNER,
        **shown,
    )
    # A page kept for "back" would show old sums and send a used key again.
    page.headers["Cache-Control"] = "private, no-store"
    return page
