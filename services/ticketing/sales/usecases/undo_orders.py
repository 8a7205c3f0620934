"""An operator takes back orders of a day, as after a flood of them: each in a transaction of its own, so that what was
begun is gone on with by asking again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.ticketing.catalogue.domain.catalogue import Catalogue
from services.ticketing.sales.events import order_undone
from services.ticketing.sales.states import touch_order
from services.ticketing.sales.store.orders import ToUndo, lock_order, orders_to_undo, set_order_status
from services.ticketing.sales.store.places import release_places
from services.ticketing.sales.usecases.void_tickets import void_tickets
from shared.events.words import Channel
from shared.ids import OrderId, VenueId
from shared.storage.db import Connection
from shared.unit import audit
from shared.unit.tx import Tx

# What was undone: it cost nothing, nobody had paid, or money waits to go back. Left as it is: somebody was let in by
# it, or it had ended by itself.
Outcome = Literal["free", "unpaid", "paid", "used", "ended"]


@dataclass(frozen=True, slots=True)
class OrdersOfDay:
    """Whose visit takes places of the day. from_at, until_at: when they were placed, [from_at, until_at)."""

    venue_id: VenueId
    day: date
    from_at: datetime | None = None
    until_at: datetime | None = None
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class UndoOrder:
    order_id: OrderId
    reason: str


async def list_orders_to_undo(connection: Connection, wanted: OrdersOfDay) -> Sequence[ToUndo]:
    """Orders that hold places or have tickets, by their ids. It changes nothing."""
    found: list[ToUndo] = []
    criteria = (wanted.venue_id, wanted.day, wanted.from_at, wanted.until_at, wanted.channel)
    while page := await orders_to_undo(connection, criteria, after=found[-1].order_id if found else None):
        found += page
    return found


async def undo_order(tx: Tx, command: UndoOrder, now: datetime, *, catalogue: Callable[[], Catalogue]) -> Outcome:
    """Gives its places back, takes its tickets out of use, and says so; done before, it is "ended"."""
    found = await lock_order(tx.connection, command.order_id)
    assert found is not None, "orders are never deleted"
    if not found.is_undoable:
        return "ended"
    venue = catalogue().venues[found.venue_id]
    if found.has_tickets and not await void_tickets(tx, found, command.reason, venue, now):
        return "used"
    if found.holds_places:
        await release_places(tx.connection, found.places)
    order = found.moved_to("undone")
    await set_order_status(tx.connection, order)
    detail: dict[str, str | int] = {"reason": command.reason, "paid_vnd": order.paid_vnd}
    await audit.note(tx.connection, now, None, "order_undone", f"order:{order.order_id}", **detail)
    tx.emit(order_undone(order, venue, now))
    touch_order(tx, order)
    return "free" if order.is_free else "paid" if order.paid_vnd else "unpaid"
