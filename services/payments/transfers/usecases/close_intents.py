"""Ticketing says that an order ended without its money, or that the money bought nothing any more.

Only intents of orders end so: a charge is no order of ticketing, whatever id an order has.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.payments.books.store.postings import allocations_of_intent, insert_postings
from services.payments.intents.domain.intents import Ended, Intent
from services.payments.intents.events import intent_told
from services.payments.intents.store import lock_intents_of_orders, update_intents
from services.payments.transfers.domain.postings import Ending, book_freed
from services.payments.transfers.domain.transfers import SuspendedMoney
from services.payments.transfers.usecases.suspend_money import suspend_money
from shared.errors import DataFault
from shared.events.payments import IntentCancelled
from shared.events.ticketing import OrderCancelled, OrderEvent, OrderExpired, OrderUndone, OrderUnfulfilled
from shared.events.words import SuspenseReason
from shared.unit.batch import One
from shared.unit.tx import Tx

# How each end of an order ends its intent. An expired one still hears late money; a cancelled one wins no transfer any
# more, and what it had, all of it or a part, waits for a refund. An order that was taken back is to payments a
# cancelled one, and what was allocated to an order without places waits as well.
_ENDED: Mapping[type[OrderEvent | OrderUndone], Ended] = {
    OrderExpired: "expired",
    OrderCancelled: "cancelled",
    OrderUndone: "cancelled",
    OrderUnfulfilled: "unfulfilled",
}
_FREED: Mapping[Ended, tuple[Ending, SuspenseReason]] = {
    "cancelled": ("order_cancelled", "order_cancelled"),
    "unfulfilled": ("order_unfulfilled", "late_no_places"),
}


async def close_intents(tx: Tx, batch: Sequence[One[OrderEvent | OrderUndone]], now: datetime) -> list[None]:
    """Ends the intents of orders that ended. A word about another amount or venue moves no money."""
    # Without the lock a transfer heard meanwhile would pay an intent that is being emptied.
    intents = await lock_intents_of_orders(tx.connection, {one.command.order_id for one in batch})
    versions = {order_id: intent.version for order_id, intent in intents.items()}
    for one in batch:
        event = one.command
        intent = intents.get(event.order_id)
        if intent is None:
            continue
        if (intent.amount_vnd, intent.venue_id) != (event.total_vnd, event.place.venue_id):
            raise DataFault("contradicts_intent", str(event.order_id))
        one.follow()
        intents[event.order_id] = await _end(tx, intent, event, now)
    changed = [intent for order_id, intent in intents.items() if intent.version != versions[order_id]]
    if changed:
        await update_intents(tx.connection, [(versions[intent.order_id], intent) for intent in changed])
    return [None] * len(batch)


async def _end(tx: Tx, intent: Intent, event: OrderEvent | OrderUndone, now: datetime) -> Intent:
    how = _ENDED[type(event)]
    ended = intent.ended(how)
    if ended == intent or how == "expired":
        return ended
    if intent.paid_vnd > 0:
        await _free(tx, intent, how, event.occurred_at, now)
    tx.emit(intent_told(IntentCancelled, ended, event.occurred_at, now))
    tx.touch("venue", intent.venue_id)
    return ended


async def _free(tx: Tx, intent: Intent, how: Ended, occurred_at: datetime, now: datetime) -> None:
    """Moves an intent's money to suspense, back under each transfer that it came from."""
    ending, reason = _FREED[how]
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
            reason,
            (intent.intent_id,),
            intent.order_id,
        )
        await suspend_money(tx, suspended, intent.venue_id, occurred_at, now)
