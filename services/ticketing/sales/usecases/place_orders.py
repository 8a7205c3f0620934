"""Visitors order: places are held at once, the price is fixed, and what is free is ticketed at once."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.ticketing.catalogue.domain.calendar import check_can_sell
from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.catalogue.domain.products import Category, Product
from services.ticketing.codes.keys import TicketSigner
from services.ticketing.sales.domain.addresses import queue_of
from services.ticketing.sales.domain.free_people import check_free_people
from services.ticketing.sales.domain.orders import Order, hold_until, pay_until
from services.ticketing.sales.domain.places import PAID, Bounds, Days, bounds_of
from services.ticketing.sales.domain.pricing import PricedOrder, check_nights, price_order
from services.ticketing.sales.domain.tickets import Ticket, WrongTicketMode
from services.ticketing.sales.events import order_event
from services.ticketing.sales.states import touch_order
from services.ticketing.sales.store.orders import NewOrder, PlacedBefore, insert_orders, placed_before, write_orders
from services.ticketing.sales.store.places import lock_days, take_turns, write_days
from services.ticketing.sales.store.tickets import insert_tickets
from services.ticketing.sales.usecases.issue_tickets import issue_tickets
from shared.clock import local_date
from shared.errors import Conflict, DomainError, NotFound
from shared.events.ticketing import OrderPlaced
from shared.events.words import Channel, TicketMode
from shared.ids import OrderId, ProductId
from shared.money import ZERO, Dong
from shared.unit import idempotency
from shared.unit.batch import One
from shared.unit.idempotency import IdempotencyConflict, Key, Once
from shared.unit.tx import Tx


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
    """nights is 0 for a visit. The order's id is made by the buyer's side.

    key: of the request, so that its repeat is answered and no other. address_hash: from where it comes; None where
    that is not known, and then nothing is counted.
    """

    order_id: OrderId
    product_id: ProductId
    visit_on: date
    nights: int
    counts: Mapping[Category, int]
    ticket_mode: TicketMode
    channel: Channel = "web"
    address_hash: bytes | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """The order's link is its token; whoever has the link has the order."""

    order_id: OrderId
    token: str
    total_vnd: Dong
    expires_at: datetime
    ticketed: bool


Answer = PlacedOrder | DomainError


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for, at what price, and how much of its days it may take."""

    one: One[PlaceOrder]
    order: Order
    token: str
    product: Product
    bounds: Bounds


async def place_orders(
    tx: Tx,
    batch: Sequence[One[PlaceOrder]],
    now: datetime,
    *,
    catalogue: Callable[[], Catalogue],
    signer: TicketSigner,
) -> list[Answer]:
    """Holds the places and opens the orders; who is refused is told what stands in the way.

    Whoever asks again for an order of theirs is told of it as the first time.
    """
    placing = _Placing(tx, catalogue(), signer, now)
    wishes = [placing.wish(one) for one in batch]
    await placing.place()
    if others := {one.command.order_id for one in batch} - placing.placed:
        placing.before = await placed_before(tx.connection, sorted(others))
        keys = [one.command.key for one in batch if one.command.key and one.command.order_id in others]
        placing.kept = await idempotency.kept(tx.connection, keys)
    return [await placing.answer(one.command, wish) for one, wish in zip(batch, wishes, strict=True)]


@dataclass(slots=True)
class _Placing:
    """One transaction's wishes, the first of each order, and what became of them."""

    tx: Tx
    catalogue: Catalogue
    signer: TicketSigner
    now: datetime
    wishes: dict[OrderId, _Wish] = field(default_factory=dict[OrderId, _Wish])
    days: Days = field(default_factory=Days)
    placed: set[OrderId] = field(default_factory=set[OrderId])
    refused: set[OrderId] = field(default_factory=set[OrderId])
    before: dict[OrderId, PlacedBefore] = field(default_factory=dict[OrderId, PlacedBefore])
    kept: set[str] = field(default_factory=set[str])

    def wish(self, one: One[PlaceOrder]) -> _Wish | DomainError:
        """What is asked for, or why nobody can have it."""
        command = one.command
        product = self.catalogue.products.get(command.product_id)
        if product is None:
            return UnknownProduct()
        try:
            order = _order(one, product, _priced(command, product, self.catalogue, self.now), self.now)
        except DomainError as error:
            return error
        bounds = bounds_of(self.catalogue.limits[product.kind], order.places, order.nights)
        wish = _Wish(one, order, secrets.token_urlsafe(18), product, bounds)
        self.wishes.setdefault(command.order_id, wish)
        return wish

    async def place(self) -> None:
        """Opens what can be opened."""
        if not self.wishes:
            return
        connection, wishes = self.tx.connection, self.wishes.values()
        hashes = [wish.one.command.address_hash for wish in wishes]
        if queues := {queue_of(address_hash) for address_hash in hashes if address_hash is not None}:
            await take_turns(connection, sorted(queues))
        capacities = {wish.product.product_id: wish.product.daily_capacity for wish in wishes}
        self.days = await lock_days(connection, [wish.order.places for wish in wishes], capacities)
        await self._insert()
        await self._open()
        await write_days(connection, self.days)

    async def _insert(self) -> None:
        """Who comes first has the places. One whose order cannot be opened leaves them to those who found no room."""
        while True:
            self.days.start_anew()
            for order_id in self.placed:
                # What is opened stays so, whoever fits in beside it now.
                is_held = self.days.hold(self.wishes[order_id].order.places, PAID)
                assert is_held
            new = [
                wish
                for order_id, wish in self.wishes.items()
                if order_id not in self.refused | self.placed and self.days.hold(wish.order.places, wish.bounds)
            ]
            if not new:
                return
            self.placed |= await insert_orders(self.tx.connection, [_row_of(wish) for wish in new])
            refused = {wish.order.order_id for wish in new} - self.placed
            if not refused:
                return
            self.refused |= refused

    async def _open(self) -> None:
        """Says what was placed, and issues the tickets of what is free."""
        free: list[Order] = []
        tickets: list[Ticket] = []
        for wish in self.wishes.values():
            order = wish.order
            if order.order_id not in self.placed:
                continue
            wish.one.follow()
            if order.is_free:
                self.days.sell(order.places)
                ticketed, issued = issue_tickets(self.tx, order, self.catalogue, self.signer, self.now)
                free.append(ticketed)
                tickets += issued
            else:
                self.tx.emit(order_event(OrderPlaced, order, self.catalogue.venues[order.venue_id], self.now))
                touch_order(self.tx, order)
        if free:
            await write_orders(self.tx.connection, free)
            await insert_tickets(self.tx.connection, tickets)

    async def answer(self, command: PlaceOrder, wish: _Wish | DomainError) -> Answer:
        """What is told to whoever asked."""
        first = self.wishes.get(command.order_id)
        if first is not None and not _is_repeat(command, first.one.command):
            return _taken(command)
        if first is not None and command.order_id in self.placed:
            return _placed(first.order, first.token)
        if (before := await self._answer_before(command)) is not None:
            return before
        if isinstance(wish, DomainError):
            return wish
        if command.order_id in self.refused:
            return TooManyOpenOrders(retry_after_s=900)
        return self.days.refusal_of(wish.order.places, wish.bounds, is_stay=wish.product.is_stay)

    async def _answer_before(self, command: PlaceOrder) -> Answer | None:
        """What this request was answered before, or that another one has placed the order."""
        before, key = self.before.get(command.order_id), command.key
        if key is not None and before is not None and before.proof == key.proof:
            return _placed(before, before.link(key))
        if key is not None and {key.stored, key.value} & self.kept:
            # Of the release before, whose orders know nothing of their requests.
            try:
                kept = await idempotency.find(self.tx.connection, Once(key, PlacedOrder))
            except IdempotencyConflict as error:
                return error
            if kept is not None:
                return kept
        return None if before is None else _taken(command)


def _row_of(wish: _Wish) -> NewOrder:
    command = wish.one.command
    return NewOrder(wish.order, wish.token, command.address_hash, command.key)


def _is_repeat(command: PlaceOrder, first: PlaceOrder) -> bool:
    if command.key is None or first.key is None:
        return command is first
    return command.key.proof == first.key.proof


def _taken(command: PlaceOrder) -> DomainError:
    """Another request has placed an order of this id; by the same key it is the caller who says two things."""
    is_same_key = command.key is not None and command.key.value == str(command.order_id)
    return IdempotencyConflict() if is_same_key else OrderExists()


def _placed(order: Order | PlacedBefore, token: str) -> PlacedOrder:
    return PlacedOrder(order.order_id, token, order.total_vnd, order.expires_at, order.total_vnd == ZERO)


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


def _order(one: One[PlaceOrder], product: Product, priced: PricedOrder, now: datetime) -> Order:
    command, expires_at = one.command, pay_until(priced.total_vnd, now)
    return Order(
        order_id=command.order_id,
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
        trace_id=one.trace_id,
        version=1,
    )
