"""The owner's doors: the day, a charge by VietQR that turns to paid by itself, and cash. Forms work without JavaScript.

Whoever has several homestays sees one at a time, and every form names the one that it was made for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from markupsafe import Markup
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from services.payments.cash.domain import CashAmountRefused, refuse_cash_of
from services.payments.cash.usecases import CashTaken, RecordCash, TakeBackCash
from services.payments.intents.domain.charges import AmountTooLarge, AmountTooSmall
from services.payments.intents.states import charge_snapshot, read_charge, watched_charge
from services.payments.intents.usecases.open_intents import Charged, ChargeGuest
from services.payments.merchants.domain import NoMerchant
from services.payments.owner.usecases import SeeCharge, SeeDay, SeeHome, SeenCharge, SeenDay, SeenHome
from services.payments.owner.views import PRESETS_VND, ChargeView, charge_live, charge_view, home_view
from shared.clock import Clock
from shared.errors import DomainError
from shared.events.topics import BANK_TRANSFERS
from shared.ids import CashId, OrderId, PersonId, VenueId, uuid7
from shared.money import AmountUnreadable, read_amount
from shared.passes.auth import OWNER, Allow, Pass, Role, VenueForbidden, stay_of
from shared.qr.images import svg_for
from shared.unit.bound import Bound, Reader
from shared.unit.changes import Snapshot
from shared.unit.idempotency import IdempotencyConflict, Once
from shared.unit.stopped import LIVE_TOPIC as STOPPED
from shared.web.app import OnceKey
from shared.web.event_stream import EventStream
from shared.web.i18n import money
from shared.web.live import Live, State
from shared.web.pages import Pages

router = APIRouter()
# What the owner can mend on the form itself.
_MENDABLE = (AmountUnreadable, AmountTooSmall, AmountTooLarge, CashAmountRefused, NoMerchant, IdempotencyConflict)

# At each state a page is asked for anew: a rush of guests shall not make that more than this often.
_DAY_EVERY_S = 0.5
_BANK_STOPS = (STOPPED, BANK_TRANSFERS.name)


@dataclass(frozen=True, slots=True)
class OwnerDoors:
    """What these doors need, in `app.state.owner`; `app.py` binds each use-case once, under its own name."""

    pages: Pages
    live: Live
    clock: Clock
    charge_guest: Bound[ChargeGuest, Charged]
    record_cash: Bound[RecordCash, CashTaken]
    take_back_cash: Bound[TakeBackCash, CashTaken]
    see_day: Reader[SeeDay, SeenDay]
    see_home: Reader[SeeHome, SeenHome]
    see_charge: Reader[SeeCharge, SeenCharge]


@dataclass(frozen=True, slots=True)
class Host:
    """Who asks, where they may act, and with what. `venues` is never empty."""

    request: Request
    doors: OwnerDoors
    visitor: Pass
    venues: tuple[VenueId, ...]

    @property
    def person_id(self) -> PersonId:
        return PersonId(self.visitor.subject_id)

    @property
    def stay(self) -> Callable[[], bool]:
        return stay_of(self.request, self.visitor)

    @property
    def is_late(self) -> bool:
        """For now no transfer is heard of."""
        return self.doors.live.is_stopped(BANK_TRANSFERS.name)

    def at(self, venue: str) -> VenueId:
        """The host's own venue of this id; VenueForbidden if it is none of theirs."""
        if venue not in self.venues:
            raise VenueForbidden
        return VenueId(venue)


async def _host_of(request: Request, owner: Annotated[Pass, Depends(Allow(OWNER, Role.OWNER))]) -> Host:
    doors = request.app.state.owner
    assert isinstance(doors, OwnerDoors)
    if not owner.venues:
        raise VenueForbidden
    return Host(request, doors, owner, tuple(map(VenueId, owner.venues)))


HostDep = Annotated[Host, Depends(_host_of)]


async def _seen_venue(host: HostDep, venue: Annotated[str | None, Query(max_length=100)] = None) -> VenueId:
    """The venue that a page shows: the one asked for, else the host's first."""
    return host.venues[0] if venue is None else host.at(venue)


SeenVenue = Annotated[VenueId, Depends(_seen_venue)]


async def _charge_of(order_id: UUID, host: HostDep) -> ChargeView:
    seen = await host.doors.see_charge(SeeCharge(OrderId(order_id), host.venues))
    return charge_view(seen, host.doors.clock(), is_late=host.is_late)


ChargeDep = Annotated[ChargeView, Depends(_charge_of)]


class AmountForm(BaseModel):
    """`venue` has no default: money must not be written down for a homestay that nobody named."""

    venue: Annotated[str, Field(max_length=100)]
    amount: Annotated[str, Field(max_length=40)] = ""


@router.get("/owner")
async def get_owner_home(host: HostDep, venue_id: SeenVenue, amount: str = "", cash: UUID | None = None) -> Response:
    """amount: fills the field. cash: was just recorded and may be undone."""
    return await _home(host, venue_id, typed=amount[:40], cash_id=cash)


@router.get("/api/owner/live", response_class=EventStream)
async def get_owner_live(host: HostDep, venue_id: SeenVenue) -> EventStream:
    async def read() -> State:
        seen = await host.doors.see_day(SeeDay(venue_id, host.doors.clock()))
        return home_view(seen, is_late=host.is_late).live()

    watched = [("venue", venue_id), _BANK_STOPS]
    return EventStream(host.doors.live.stream(watched, read, min_interval_s=_DAY_EVERY_S, stay=host.stay))


@router.post("/owner/charges")
async def post_charge(host: HostDep, form: Annotated[AmountForm, Form()], key: OnceKey) -> Response:
    venue_id = host.at(form.venue)
    try:
        command = ChargeGuest(OrderId(uuid7()), venue_id, read_amount(form.amount))
        charged = await host.doors.charge_guest(command, once=Once(key, Charged))
    except _MENDABLE as error:
        return await _home(host, venue_id, typed=form.amount, error=error)
    return RedirectResponse(f"/owner/charges/{charged.order_id}", 303)


@router.get("/owner/charges/{order_id}")
async def get_charge_page(host: HostDep, charge: ChargeDep) -> Response:
    # The label tells a screen reader what the picture is for; the amount stands beside it.
    code = Markup(svg_for(charge.qr_payload, "M", label=f"VietQR {money(charge.due_vnd)}"))  # noqa: S704 - our own SVG
    return _page(host, "owner/charge.html", charge.venue_id, charge=charge, qr_svg=code)


@router.get("/api/owner/charges/{order_id}/live", response_class=EventStream)
async def get_charge_live(host: HostDep, order_id: UUID) -> EventStream:
    states, watched = host.doors.live.states, watched_charge(OrderId(order_id))

    async def look() -> Snapshot:
        seen = await host.doors.see_charge(SeeCharge(OrderId(order_id), host.venues))
        return charge_snapshot(seen.charge, seen.over_vnd)

    async def read() -> State:
        charge = read_charge(await states.newest(watched, look))
        return charge_live(charge, host.doors.clock(), is_late=host.is_late)

    # Before the stream begins, because then it is too late to say 404; also for a charge that somebody else watches.
    since = states.heard
    states.keep(watched, await look(), since)
    return EventStream(host.doors.live.stream([watched, _BANK_STOPS], read, stay=host.stay))


@router.get("/owner/cash")
async def get_cash_page(host: HostDep, venue_id: SeenVenue, amount: str = "") -> Response:
    """The second tap: says the amount back and records it."""
    try:
        amount_vnd = read_amount(amount[:40])
        refuse_cash_of(amount_vnd)
    except _MENDABLE as error:
        return await _home(host, venue_id, typed=amount[:40], error=error)
    return _page(host, "owner/cash.html", venue_id, amount_vnd=amount_vnd, key=uuid7())


@router.post("/owner/cash")
async def post_cash(host: HostDep, form: Annotated[AmountForm, Form()], key: OnceKey) -> Response:
    venue_id = host.at(form.venue)
    try:
        command = RecordCash(CashId(uuid7()), venue_id, read_amount(form.amount), host.person_id)
        cash = await host.doors.record_cash(command, once=Once(key, CashTaken))
    except _MENDABLE as error:
        return await _home(host, venue_id, typed=form.amount, error=error)
    return RedirectResponse(f"/owner?{urlencode({'venue': venue_id, 'cash': cash.cash_id})}", 303)


@router.post("/owner/cash/{cash_id}/undo")
async def post_cash_undo(host: HostDep, cash_id: UUID, key: OnceKey) -> Response:
    command = TakeBackCash(CashId(cash_id), host.venues, host.person_id)
    cash = await host.doors.take_back_cash(command, once=Once(key, CashTaken))
    return RedirectResponse(f"/owner?{urlencode({'venue': cash.venue_id, 'cash': cash_id})}", 303)


async def _home(
    host: Host,
    venue_id: VenueId,
    *,
    typed: str = "",
    cash_id: UUID | None = None,
    error: DomainError | None = None,
) -> Response:
    now = host.doors.clock()
    seen = await host.doors.see_home(SeeHome(SeeDay(venue_id, now), host.venues, cash_id))
    return _page(
        host,
        "owner/home.html",
        venue_id,
        error=error,
        new_key=uuid7,
        home_view=home_view(seen.day, is_late=host.is_late),
        names=seen.names,
        presets=PRESETS_VND,
        typed=typed,
        cash=seen.cash,
        today=now,
    )


def _page(
    host: Host, template: str, venue_id: VenueId, *, error: DomainError | None = None, **shown: object
) -> Response:
    status = 200 if error is None else error.status
    home = f"/owner?{urlencode({'venue': venue_id})}"
    page = host.doors.pages.render(
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
