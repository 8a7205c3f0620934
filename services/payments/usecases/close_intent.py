"""Ticketing says that an order ended without its money, or that money came too late for it."""

from datetime import datetime

from services.payments.domain.ledger import book_unfulfilled
from services.payments.store.books import Suspended, find_transfer_of_intent, insert_postings
from services.payments.store.intents import (
    close_intent,
    find_intent_of_order,
    find_merchant_of_account,
    unpay_intent,
)
from services.payments.usecases.hear_transfer import tell_suspended
from shared.errors import Poison
from shared.events.ticketing import OrderCancelled, OrderExpired, OrderUnfulfilled
from shared.unit import Tx


async def expire_intent(tx: Tx, event: OrderExpired, now: datetime) -> None:
    """An expired intent still hears late money."""
    await close_intent(tx.connection, event.order_id, "expired")


async def cancel_intent(tx: Tx, event: OrderCancelled, now: datetime) -> None:
    """A cancelled intent wins no transfer any more."""
    await close_intent(tx.connection, event.order_id, "cancelled")


async def free_late_money(tx: Tx, event: OrderUnfulfilled, now: datetime) -> None:
    """What was allocated to an order without places waits in suspense for a refund."""
    intent = await find_intent_of_order(tx.connection, event.order_id)
    if intent is None or intent.paid_vnd == 0:
        return
    transfer_id = await find_transfer_of_intent(tx.connection, intent.intent_id)
    merchant = await find_merchant_of_account(tx.connection, intent.account_number)
    if transfer_id is None or merchant is None:
        raise Poison("no_money_to_free")
    posting = book_unfulfilled(intent.merchant_id, intent.intent_id, intent.paid_vnd)
    await insert_postings(tx.connection, [posting], now)
    await unpay_intent(tx.connection, intent.intent_id)
    suspended = Suspended(
        transfer_id, intent.merchant_id, intent.paid_vnd, "late_no_places", (intent.intent_id,), intent.order_id
    )
    tx.emit(await tell_suspended(tx, suspended, merchant, event.occurred_at, now))
    tx.touch("venue", intent.venue_id)
