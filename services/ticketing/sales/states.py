"""Orders as their open pages follow them: what changes while somebody waits or is let in, and nothing private."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from services.ticketing.sales.domain.orders import Order
from services.ticketing.sales.domain.tickets import Ticket
from shared.events.words import OrderStatus
from shared.ids import OrderId
from shared.money import Dong
from shared.unit.changes import Snapshot, Watched
from shared.unit.tx import Tx


class Usable(Protocol):
    """A ticket, or what is shown of one."""

    @property
    def status(self) -> str: ...

    @property
    def admitted(self) -> int: ...


def uses_of(tickets: Iterable[Usable]) -> str:
    """Another text as soon as somebody is let in, or a ticket revoked."""
    return " ".join(f"{ticket.status}:{ticket.admitted}" for ticket in tickets)


@dataclass(frozen=True, slots=True)
class OrderState:
    """`ready` says that the payer can pay now. uses: of its tickets, by uses_of."""

    status: OrderStatus
    paid_vnd: Dong
    due_vnd: Dong
    ready: bool
    uses: str


def watched_order(order_id: OrderId) -> Watched:
    return ("order", str(order_id))


def snapshot_of(order: Order, tickets: Sequence[Ticket] = ()) -> Snapshot:
    """tickets: all of the order. Its own state and what payments says of it have a version each, and both only grow."""
    state = OrderState(order.status, order.paid_vnd, order.due_vnd, order.is_payable, uses_of(tickets))
    return Snapshot(order.version + order.intent_version, msgspec.json.encode(state))


def read_state(snapshot: Snapshot) -> OrderState:
    return msgspec.json.decode(snapshot.state, type=OrderState)


def touch_order(tx: Tx, order: Order, tickets: Sequence[Ticket] = ()) -> None:
    """Tells who watches the order what it has become; tickets: as they were issued just now."""
    # Of a ticketed order's tickets some may have been used meanwhile, which its own row does not say.
    knows_uses = bool(tickets) or not order.has_tickets
    tx.touch(*watched_order(order.order_id), snapshot_of(order, tickets) if knows_uses else None)
