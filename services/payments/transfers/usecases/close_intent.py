"""Ticketing says that an order ended without its money, or that the money bought nothing any more.

Only intents of orders end so: a charge is no order of ticketing, whatever id an order has.
"""

from datetime import datetime

from services.payments.books.store.postings import allocations_of_intent, insert_postings
from services.payments.intents.domain.intents import Ended, Intent
from services.payments.intents.events import intent_told
from services.payments.intents.store import lock_intent_of_order, update_intent
from services.payments.transfers.domain.postings import Ending, book_freed
from services.payments.transfers.domain.transfers import SuspendedMoney
from services.payments.transfers.usecases.suspend_money import suspend_money
from shared.errors import DataFault
from shared.events.payments import IntentCancelled
from shared.events.ticketing import OrderCancelled, OrderEvent, OrderExpired, OrderUndone, OrderUnfulfilled
from shared.events.words import SuspenseReason
from shared.unit.unit import Tx

_ENDED: dict[Ending, Ended] = {"order_cancelled": "cancelled", "order_unfulfilled": "unfulfilled"}
_REASONS: dict[Ending, SuspenseReason] = {"order_cancelled": "order_cancelled", "order_unfulfilled": "late_no_places"}


async def expire_intent(tx: Tx, event: OrderExpired, now: datetime) -> None:
    """An expired intent still hears late money."""
    intent = await _lock_intent(tx, event)
    if intent is None:
        return
    expired = intent.ended("expired")
    if expired != intent:
        await update_intent(tx.connection, expired)


async def cancel_intent(tx: Tx, event: OrderCancelled, now: datetime) -> None:
    """A cancelled intent wins no transfer any more; what it had, all of it or a part, waits for a refund."""
    await _close(tx, event, "order_cancelled", now)


async def free_late_money(tx: Tx, event: OrderUnfulfilled, now: datetime) -> None:
    """What was allocated to an order without places waits for a refund."""
    await _close(tx, event, "order_unfulfilled", now)


async def undo_intent(tx: Tx, event: OrderUndone, now: datetime) -> None:
    """An order that was taken back is to payments a cancelled one: all of its money waits for a refund."""
    await _close(tx, event, "order_cancelled", now)


async def _close(tx: Tx, event: OrderEvent | OrderUndone, ending: Ending, now: datetime) -> None:
    # Without the lock a transfer heard meanwhile would pay an intent that is being emptied.
    intent = await _lock_intent(tx, event)
    if intent is None:
        return
    cancelled = intent.ended(_ENDED[ending])
    if cancelled == intent:
        return
    if intent.paid_vnd > 0:
        await _free(tx, intent, ending, event.occurred_at, now)
    await update_intent(tx.connection, cancelled)
    tx.emit(intent_told(IntentCancelled, cancelled, event.occurred_at, now))
    tx.touch("venue", intent.venue_id)


async def _lock_intent(tx: Tx, event: OrderEvent | OrderUndone) -> Intent | None:
    """The intent that the order opened, locked. A word about another amount or venue moves no money."""
    intent = await lock_intent_of_order(tx.connection, event.order_id)
    if intent is None or (intent.amount_vnd, intent.venue_id) == (event.total_vnd, event.place.venue_id):
        return intent
    raise DataFault("contradicts_intent", str(event.order_id))


async def _free(tx: Tx, intent: Intent, ending: Ending, occurred_at: datetime, now: datetime) -> None:
    """Moves an intent's money to suspense, back under each transfer that it came from."""
    allocations = await allocations_of_intent(tx.connection, intent.intent_id)
    if sum(allocation.amount_vnd for allocation in allocations) != intent.paid_vnd:
        raise DataFault("money_not_traceable", str(intent.intent_id))
    postings = book_freed(intent.merchant_id, intent.intent_id, allocations, ending)
    await insert_postings(tx.connection, postings, now)
    for allocation in allocations:
        suspended = SuspendedMoney(
            allocation.transfer_id,
            intent.merchant_id,
            allocation.amount_vnd,
            _REASONS[ending],
            (intent.intent_id,),
            intent.order_id,
        )
        await suspend_money(tx, suspended, intent.venue_id, occurred_at, now)
