"""Every state of the visitor's pages on the seed's own catalogue, without a database: for rendering, weights and axe.

`python -m tests.support.sample_pages` serves them on a free port, to look at.
"""

import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from services.ticketing.app import OPENINGS, WEBS
from services.ticketing.catalogue.domain.calendar import ClosedThatDay
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Category, Venue, VisitorCategory
from services.ticketing.catalogue.venue_view import Search, districts_of, hours_of, kinds_of, venue_cards
from services.ticketing.codes.picture import svg
from services.ticketing.sales.api.order_view import LineView, OrderView, TicketView
from services.ticketing.sales.domain.places import SoldOut
from services.ticketing.sales.domain.pricing import NoPlaces
from services.ticketing.sales.states import uses_of
from shared.clock import local_date, utc_now
from shared.errors import DomainError
from shared.ids import OrderId, TicketId, VenueId, uuid7
from shared.money import Dong
from shared.qr.images import svg_for
from shared.qr.vietqr import TransferQr, encode
from shared.seed.reader import read_seed
from shared.web.layers import Surroundings
from shared.web.pages import Pages
from shared.web.problems import Problems
from shared.web.security_headers import SecurityHeaders
from tests.support.catalogue import seed_calendar, seed_product, seed_tariff

NOW = utc_now().replace(microsecond=0)
TODAY = local_date(NOW)
_PAYLOAD = encode(TransferQr(bank_bin="970418", account="000000000001", amount_vnd=Dong(75_000), memo="HG4K7P2M9E"))
_CODES = cycle(f"HG1.{'ABCDEFGHIJ0123456789' * 7}{number}" for number in range(10))
_ADULT = LineView({"vi": "Người lớn", "en": "Adult"}, 2, 2, Dong(30_000), Dong(60_000), False)
_CHILD = LineView({"vi": "Trẻ em", "en": "Child"}, 1, 1, Dong(15_000), Dong(15_000), False)
_STUDENT = LineView({"vi": "Học sinh, sinh viên", "en": "Pupil or student"}, 1, 1, Dong(15_000), Dong(15_000), True)


def seed_catalogue() -> Catalogue:
    seed = read_seed()
    venues = [
        Venue(
            row.venue_id, row.number, row.name_vi, row.name_en, row.kind, row.old_district_code, row.new_commune_code,
            row.sells,
        )
        for row in seed.venues
    ]  # fmt: skip
    categories = [
        VisitorCategory(
            Category(c.code), c.position, c.name_vi, c.name_en, c.rule_vi, c.rule_en, c.needs_evidence,
            c.free_each_payer, c.free_most, c.free_alone,
        )
        for c in seed.categories
    ]  # fmt: skip
    products = [seed_product(row) for row in seed.products]
    return Catalogue(
        venues={venue.venue_id: venue for venue in venues},
        products={product.product_id: product for product in products},
        categories={category.category: category for category in categories},
        tariffs=tuple(seed_tariff(row) for row in seed.tariffs),
        calendars={venue.venue_id: seed_calendar(seed, venue.venue_id) for venue in venues},
        limits={},
    )


def order(**changes: object) -> OrderView:
    """An order of three people that waits for its money, or as the changes say."""
    base = OrderView(
        order_id=OrderId(uuid7()),
        token="sample",
        venue_id="cot-co-lung-cu",
        venue_vi="Cột cờ Quốc gia Lũng Cú",
        venue_en="Lung Cu National Flag Tower",
        status="placed",
        visit_on=date(2026, 11, 28),
        nights=0,
        leaves_on=date(2026, 11, 28),
        people=3,
        lines=[_ADULT, _CHILD],
        total_vnd=Dong(75_000),
        paid_vnd=Dong(0),
        due_vnd=Dong(75_000),
        amount_state="none",
        timing="on_time",
        expires_at=NOW + timedelta(minutes=14, seconds=12),
        expires_in_s=852,
        ready=True,
        cancellable=True,
        reference="HG4K7P2M9E",
        qr_payload=_PAYLOAD,
        bank_name="BIDV",
        account_number="000000000001",
        account_name="DEMO BQL COT CO LUNG CU",
        tickets=[],
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def ticket(**changes: object) -> TicketView:
    base = TicketView(
        ticket_id=TicketId(uuid7()),
        code=next(_CODES),
        short_code="4K7P 2M9Q X3",
        category="adult",
        category_name=_ADULT.name,
        valid_from=date(2026, 11, 28),
        days=1,
        admits=1,
        admitted=0,
        status="valid",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


ORDERS: Mapping[str, OrderView] = {
    "waiting": order(),
    "preparing": order(ready=False, qr_payload=None, reference=None, bank_name=None, account_number=None),
    "partial": order(paid_vnd=Dong(50_000), due_vnd=Dong(25_000), amount_state="partial"),
    "over-time": order(expires_in_s=0),
    "expired": order(status="expired", expires_in_s=0),
    "expired-partial": order(status="expired", expires_in_s=0, paid_vnd=Dong(50_000), due_vnd=Dong(25_000)),
    "cancelled": order(status="cancelled", cancellable=False),
    "cancelled-partial": order(
        status="cancelled", cancellable=False, paid_vnd=Dong(50_000), due_vnd=Dong(25_000), amount_state="partial"
    ),
    "undone": order(status="undone", cancellable=False),
    "undone-paid": order(status="undone", cancellable=False, paid_vnd=Dong(75_000), due_vnd=Dong(0)),
    "unfulfilled": order(
        status="unfulfilled", cancellable=False, paid_vnd=Dong(75_000), due_vnd=Dong(0), timing="late"
    ),
    "large": order(
        total_vnd=Dong(12_600_000),
        due_vnd=Dong(12_600_000),
        nights=2,
        leaves_on=date(2026, 11, 30),
        people=42,
        expires_in_s=3500,
    ),
}
_PAID = order(status="ticketed", cancellable=False, paid_vnd=Dong(75_000), due_vnd=Dong(0), amount_state="exact")
TICKETS: Mapping[str, tuple[OrderView, list[TicketView]]] = {
    "single": (_PAID, [ticket(), ticket(), ticket(category_name=_CHILD.name)]),
    "group": (_PAID, [ticket(admits=42, admitted=17, category="mixed")]),
    "mixed": (
        replace(_PAID, amount_state="over", timing="late", lines=[_ADULT, _STUDENT]),
        [ticket(admitted=1), ticket(status="revoked"), ticket(days=3)],
    ),
}
ERRORS: Mapping[str, DomainError] = {
    "nobody": NoPlaces(),
    "closed": ClosedThatDay(closed_on="2026-11-30", next_open_day="2026-12-01"),
    "sold-out": SoldOut(places_left=4, places=7),
}


class SamplePages:
    """The pages: /, /venues/{id}?error=…, /orders/{state}, /orders/{state}/cancel, /t/{state}, /problem/{code}."""

    def __init__(self) -> None:
        self.pages = Pages(WEBS, "ticketing", demo=True, openings=OPENINGS)
        self.catalogue = seed_catalogue()

    def app(self) -> Starlette:
        routes = [
            Route("/", self.home),
            Route("/venues/{venue_id}", self.venue),
            Route("/orders/{state}", self.pay),
            Route("/orders/{state}/cancel", self.cancel),
            Route("/t/sw.js", _worker),
            Route("/t/{state}", self.tickets),
            Route("/problem/{code}", self.problem),
            Route("/api/orders/{token}/live", _silence),
            *self.pages.static_routes(),
        ]
        headers, problems = SecurityHeaders(self.pages.openings), Problems(self.pages.texts, self.pages)
        return Starlette(routes=routes, middleware=[Middleware(Surroundings, headers=headers, problems=problems)])

    async def home(self, request: Request) -> Response:
        cards = venue_cards(self.catalogue, TODAY)
        search = Search.of(request.query_params)
        found = [card for card in cards if search.finds(card)]
        return self.pages.render(
            request,
            "visitor/home.html",
            cards=found,
            search=search,
            kinds=kinds_of(cards),
            districts=districts_of(cards),
        )

    async def venue(self, request: Request) -> Response:
        venue = self.catalogue.venues[VenueId(request.path_params["venue_id"])]
        products = self.catalogue.products_of(venue.venue_id)
        tariffs = [t for p in products[:1] for t in self.catalogue.tariffs_of(p.product_id) if t.holds_on(TODAY)]
        calendar, last_day = self.catalogue.calendar_of(venue.venue_id), TODAY + timedelta(days=180)
        error = ERRORS.get(request.query_params.get("error", ""))
        next_open_day = error and error.fields.get("next_open_day")
        return self.pages.render(
            request,
            "visitor/venue.html",
            venue=venue,
            product=products[0] if products else None,
            tariffs=sorted(tariffs, key=lambda tariff: self.catalogue.categories[tariff.category].position),
            categories=self.catalogue.categories,
            today=TODAY,
            last_day=last_day,
            hours=hours_of(calendar, TODAY),
            opens_on=None if calendar.is_open(TODAY) else calendar.next_open_day(TODAY, last_day),
            typed={"count_adult": "7"} if error else {},
            error=error,
            next_open_day=date.fromisoformat(next_open_day) if isinstance(next_open_day, str) else None,
            key=str(uuid7()),
        )

    async def pay(self, request: Request) -> Response:
        shown = ORDERS[request.path_params["state"]]
        code = "" if shown.qr_payload is None else svg_for(shown.qr_payload, "M", label="VietQR")
        return self.pages.render(request, "visitor/pay.html", order=shown, qr_svg=code, is_late=False)

    async def cancel(self, request: Request) -> Response:
        shown = ORDERS[request.path_params["state"]]
        return self.pages.render(request, "visitor/cancel.html", order=shown, key=str(uuid7()))

    async def tickets(self, request: Request) -> Response:
        shown, tickets = TICKETS[request.path_params["state"]]
        pairs = [(one, svg(one.code, label=one.short_code)) for one in tickets]
        return self.pages.render(request, "visitor/tickets.html", order=shown, tickets=pairs, uses=uses_of(tickets))

    async def problem(self, request: Request) -> Response:
        return self.pages.problem(request, request.path_params["code"], 404, {})


ADDRESSES = (
    "/", "/?q=lung&district=026", "/?q=nothing+there",
    "/venues/cot-co-lung-cu", "/venues/meo-vac-clay-house", "/venues/cho-dong-van",
    *(f"/venues/bao-tang-tinh-ha-giang?error={name}" for name in ERRORS),
    *(f"/orders/{state}" for state in ORDERS),
    "/orders/waiting/cancel", "/orders/partial/cancel",
    *(f"/t/{state}" for state in TICKETS),
    "/problem/not_found",
)  # fmt: skip


async def _worker(_request: Request) -> Response:
    return FileResponse("services/ticketing/sales/web/static/visitor/sw.js", media_type="text/javascript")


async def _silence(_request: Request) -> Response:
    return PlainTextResponse("", 503)


def serve() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(SamplePages().app(), log_level="warning")).run([listener])


if __name__ == "__main__":
    serve()
