"""A visitor orders: places are held at once, the price is fixed, and what is free is ticketed at once."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.ticketing.catalogue.domain.calendar import check_can_sell
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.sales.domain.addresses import queue_of
from services.ticketing.sales.domain.free_people import check_free_people
from services.ticketing.sales.domain.orders import Order, hold_until, pay_until
from services.ticketing.sales.domain.places import bounds_of, refusal_of
from services.ticketing.sales.domain.pricing import PricedOrder, check_nights, price_order
from services.ticketing.sales.domain.tickets import WrongTicketMode
from services.ticketing.sales.events import order_event
from services.ticketing.sales.store.orders import insert_order, lock_order
from services.ticketing.sales.store.places import days_wanted, hold_places, sell_places
from services.ticketing.sales.usecases.issue_tickets import issue_tickets
from shared.clock import local_date
from shared.errors import Conflict, DomainError, NotFound
from shared.events.ticketing import OrderPlaced
from shared.events.words import Channel, TicketMode
from shared.ids import OrderId, ProductId
from shared.money import Dong
from shared.observe import trace
from shared.unit.unit import Tx


class OrderExists(Conflict):
    """There is an order of that id, placed by another request."""

    code = "order_exists"


class TooManyOpenOrders(DomainError):
    """From this address come as many unpaid orders as it may have at a time."""

    code, status = "too_many_open_orders", 429


class UnknownProduct(NotFound):
    """Nothing of that name is on sale."""

    code = "unknown_product"


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """nights is 0 for a visit. The order's id is made by the buyer's side and is the request's idempotency key.

    address_hash: from where it comes; None where that is not known, and then nothing is counted.
    """

    order_id: OrderId
    product_id: ProductId
    visit_on: date
    nights: int
    counts: Mapping[Category, int]
    ticket_mode: TicketMode
    channel: Channel = "web"
    address_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The order's link is its token; whoever has the link has the order."""

    order_id: OrderId
    token: str
    total_vnd: Dong
    expires_at: datetime
    ticketed: bool


async def place_order(
    tx: Tx, command: PlaceOrder, now: datetime, *, catalogue: Callable[[], Catalogue], signer: TicketSigner
) -> PlacedOrder:
    """Holds the places and opens the order, or raises what stands in the way."""
    known = catalogue()
    product = known.products.get(command.product_id)
    if product is None:
        raise UnknownProduct
    order = _order(command, product, _priced(command, product, known, now), now)
    bounds = bounds_of(known.limits[product.kind], order.places, order.nights)
    queue = queue_of(command.address_hash)
    if not await hold_places(tx.connection, order.places, product.daily_capacity, bounds, queue):
        days = await days_wanted(tx.connection, order.places)
        raise refusal_of(days, order.places, bounds, is_stay=product.is_stay)
    if not await insert_order(tx.connection, order, command.address_hash):
        raise OrderExists if await lock_order(tx.connection, order.order_id) else TooManyOpenOrders(retry_after_s=900)
    if order.is_free:
        await sell_places(tx.connection, order.places)
        await issue_tickets(tx, order, known, signer, now)
    else:
        tx.emit(order_event(OrderPlaced, order, known.venues[order.venue_id], now))
        tx.touch("order", str(order.order_id))
    return PlacedOrder(order.order_id, order.token, order.total_vnd, order.expires_at, order.is_free)


def _priced(command: PlaceOrder, product: Product, catalogue: Catalogue, now: datetime) -> PricedOrder:
    """What is asked for and what it costs, if such a visit is on sale now."""
    if command.ticket_mode not in product.ticket_modes:
        raise WrongTicketMode(product_id=product.product_id, mode=command.ticket_mode)
    # Before its days are counted: a stay of absurd length has too many.
    check_nights(product, command.nights)
    check_can_sell(catalogue.calendar_of(product.venue_id), command.visit_on, command.nights, now)
    tariffs = catalogue.tariffs_of(product.product_id)
    priced = price_order(product, tariffs, command.visit_on, command.counts, command.nights)
    check_free_people(priced.lines, catalogue.categories)
    return priced


def _order(command: PlaceOrder, product: Product, priced: PricedOrder, now: datetime) -> Order:
    expires_at = pay_until(priced.total_vnd, now)
    return Order(
        order_id=command.order_id,
        token=secrets.token_urlsafe(18),
        venue_id=product.venue_id,
        product_id=product.product_id,
        status="placed",
        lines=priced.lines,
        total_vnd=priced.total_vnd,
        visit_on=command.visit_on,
        nights=command.nights,
        people=priced.people,
        ticket_mode=command.ticket_mode,
        channel=command.channel,
        business_date=local_date(now),
        expires_at=expires_at,
        hold_until=hold_until(expires_at),
        placed_at=now,
        trace_id=trace.current(),
        version=1,
    )
