"""An order with its tickets, for whoever has its link. It changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.tickets import Ticket
from services.ticketing.sales.store.orders import find_order_by_token
from services.ticketing.sales.store.tickets import tickets_of_order
from shared.errors import NotFound
from shared.storage.db import Connection


class UnknownOrder(NotFound):
    """No order has this link."""

    code = "unknown_order"


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """token: its link. tickets: in the order of issue, none before there are any."""

    order: Order
    token: str
    tickets: Sequence[Ticket]


async def see_order(connection: Connection, token: str) -> SeenOrder:
    """Raises UnknownOrder."""
    order = await find_order_by_token(connection, token)
    if order is None:
        raise UnknownOrder
    return SeenOrder(
        order, token, await tickets_of_order(connection, order.order_id) if order.status == "ticketed" else []
    )
