"""A visitor orders: places are held at once, the price is fixed, and what is free is ticketed at once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.ticketing.catalogue.domain.calendar import check_can_sell, held_days
from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.sales.domain.orders import WrongTicketMode, hold_until, is_free, pay_until
from services.ticketing.sales.domain.pricing import PricedOrder, check_nights, price_order
from services.ticketing.sales.events import told_order
from services.ticketing.sales.store.orders import Order, fewest_places_left, hold_places, insert_order, sell_places
from services.ticketing.sales.usecases.issue_tickets import Office, issue_tickets
from shared.clock import local_date
from shared.errors import Conflict, DomainError, NotFound
from shared.events.ticketing import OrderPlaced
from shared.events.words import Channel, TicketMode
from shared.ids import OrderId, ProductId
from shared.money import Dong
from shared.observe import trace
from shared.unit.unit import Tx


class SoldOut(DomainError):
    """Fewer places are left than asked for, on at least one of the days."""

    code, status = "sold_out", 409


class OrderExists(Conflict):
    """There is an order of that id, placed by another request."""

    code = "order_exists"


class UnknownProduct(NotFound):
    """Nothing of that name is on sale."""

    code = "unknown_product"


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """nights is 0 for a visit. The order's id is made by the buyer's side and is the request's idempotency key."""

    order_id: OrderId
    product_id: ProductId
    visit_on: date
    nights: int
    counts: Mapping[Category, int]
    ticket_mode: TicketMode
    channel: Channel = "web"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The order's link is its token; whoever has the link has the order."""

    order_id: OrderId
    token: str
    total_vnd: Dong
    expires_at: datetime
    ticketed: bool


async def place_order(tx: Tx, command: PlaceOrder, now: datetime, *, office: Office) -> PlacedOrder:
    """Holds the places and opens the order, or raises what stands in the way."""
    catalogue = office.catalogue()
    product = catalogue.products.get(command.product_id)
    if product is None:
        raise UnknownProduct
    if command.ticket_mode not in product.ticket_modes:
        raise WrongTicketMode(product_id=product.product_id, mode=command.ticket_mode)
    check_nights(product, command.nights)
    check_can_sell(product, catalogue.calendar_of(product.venue_id), command.visit_on, command.nights, now)
    priced = price_order(
        product, catalogue.tariffs_of(product.product_id), command.visit_on, command.counts, command.nights
    )
    order = _order(command, product, priced, now)
    days = held_days(product, order.visit_on, order.nights)
    if not await hold_places(tx.connection, product, days, order.people):
        raise SoldOut(places_left=await fewest_places_left(tx.connection, product, days), places=order.people)
    if not await insert_order(tx.connection, order):
        raise OrderExists
    if is_free(order.total_vnd):
        await sell_places(tx.connection, product.product_id, days, order.people)
        await issue_tickets(tx, order, office, now)
    else:
        tx.emit(told_order(OrderPlaced, order, catalogue.venues[order.venue_id], now))
        tx.touch("order", order.token)
    return PlacedOrder(order.order_id, order.token, order.total_vnd, order.expires_at, is_free(order.total_vnd))


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
