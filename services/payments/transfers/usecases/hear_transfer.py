"""The bank says that money moved: books it once, matches it, and says what became of it."""

from collections.abc import Sequence
from datetime import datetime

from services.payments.books.store.postings import insert_postings
from services.payments.intents.domain.intents import Intent
from services.payments.intents.domain.references import candidates
from services.payments.intents.events import payment_told
from services.payments.intents.store import intents_by_reference, update_intent
from services.payments.merchants.store import find_merchant_of_account
from services.payments.transfers.domain.bank import BankTransfer, refuse_contradiction
from services.payments.transfers.domain.matching import CANDIDATE_LIMIT, Allocate, Suspend, match
from services.payments.transfers.domain.postings import book_transfer
from services.payments.transfers.domain.transfers import SuspendedMoney, Transfer
from services.payments.transfers.store import insert_transfer, known_amount
from services.payments.transfers.usecases.suspend_money import suspend_money
from shared.errors import DataFault
from shared.ids import TransferId, uuid7
from shared.money import Dong
from shared.unit.unit import Tx, follow


async def hear_transfer(tx: Tx, heard: BankTransfer, now: datetime) -> None:
    """Heard twice is booked once; heard again with another amount is an error to show, never an update.

    Money that left an account pays no intent and is no money in: it is passed over, not even kept.
    """
    if heard.direction == "out":
        return
    merchant = await find_merchant_of_account(tx.connection, heard.account)
    if merchant is None:
        raise DataFault("unknown_account")
    transfer = Transfer(TransferId(uuid7()), merchant.merchant_id, merchant.venue_id, heard, now)
    if not await insert_transfer(tx.connection, transfer):
        refuse_contradiction(await known_amount(tx.connection, heard), heard)
        return
    codes = candidates(heard.memo, heard.provider_code)
    intents = await intents_by_reference(tx.connection, [str(code) for code in codes[:CANDIDATE_LIMIT]])
    outcome = match(heard, codes, intents)
    postings = book_transfer(transfer.merchant_id, transfer.transfer_id, heard.amount_vnd, outcome)
    await insert_postings(tx.connection, postings, now)
    if isinstance(outcome, Allocate):
        meant = next(intent for intent in intents if intent.intent_id == outcome.intent_id)
        await _pay(tx, transfer, outcome, meant)
        if outcome.surplus_vnd:
            surplus = Suspend(reason="surplus", proposed=(outcome.intent_id,))
            await _suspend(tx, transfer, outcome.surplus_vnd, surplus, intents)
    else:
        await _suspend(tx, transfer, heard.amount_vnd, outcome, intents)
    tx.touch("venue", transfer.venue_id)


async def _pay(tx: Tx, transfer: Transfer, outcome: Allocate, meant: Intent) -> None:
    # At the bank the trace breaks; from the match on it is the order's again.
    follow(meant.trace_id)
    now, heard = transfer.recorded_at, transfer.heard
    paid = meant.paid(outcome.allocated_vnd, outcome.amount_state, outcome.timing, now)
    await update_intent(tx.connection, paid)
    tx.emit(payment_told(paid, transfer.transfer_id, heard.bank_code, heard.occurred_at, now))


async def _suspend(tx: Tx, transfer: Transfer, amount_vnd: Dong, outcome: Suspend, meant: Sequence[Intent]) -> None:
    """meant: the intents whose codes stand in the memo; the money belongs to an order only if that is the only one."""
    orders = [intent.order_id for intent in meant if intent.intent_id in outcome.proposed]
    suspended = SuspendedMoney(
        transfer.transfer_id,
        transfer.merchant_id,
        amount_vnd,
        outcome.reason,
        outcome.proposed,
        orders[0] if len(orders) == 1 else None,
    )
    await suspend_money(tx, suspended, transfer.venue_id, transfer.heard.occurred_at, transfer.recorded_at)
