"""The bank says that money moved: books it once, matches it, and says what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.payments.books.store.postings import insert_postings
from services.payments.intents.domain.intents import intent_payload, next_status
from services.payments.intents.domain.references import Reference, candidates
from services.payments.intents.events import told
from services.payments.intents.store import Intent, Payment, intents_by_reference, pay_intent
from services.payments.merchants.domain import Merchant
from services.payments.merchants.store import find_merchant_of_account
from services.payments.transfers.domain.bank import BankTransfer, refuse_contradiction
from services.payments.transfers.domain.matching import CANDIDATE_LIMIT, Allocate, IntentView, Suspend, match
from services.payments.transfers.domain.postings import book_transfer
from services.payments.transfers.store import Suspended, insert_transfer, known_amount
from services.payments.transfers.usecases.suspend_money import suspend_money
from shared.errors import Poison
from shared.events.payments import PaymentPartial, PaymentSettled
from shared.ids import TransferId, uuid7
from shared.money import ZERO, Dong
from shared.unit.unit import Tx, follow


@dataclass(frozen=True, slots=True)
class _Booked:
    """A transfer that was new, with the merchant whose account it reached."""

    transfer_id: TransferId
    merchant: Merchant
    heard: BankTransfer
    now: datetime


async def hear_transfer(tx: Tx, heard: BankTransfer, now: datetime) -> None:
    """Heard twice is booked once; heard again with another amount is an error to show, never an update.

    Money that left an account pays no intent and is no money in: it is passed over, not even kept.
    """
    if heard.direction == "out":
        return
    merchant = await find_merchant_of_account(tx.connection, heard.account)
    if merchant is None:
        raise Poison("unknown_account")
    booked = _Booked(TransferId(uuid7()), merchant, heard, now)
    if not await insert_transfer(tx.connection, booked.transfer_id, merchant.merchant_id, heard, now):
        refuse_contradiction(await known_amount(tx.connection, heard), heard)
        return
    codes = candidates(heard.memo, heard.provider_code)
    intents = await intents_by_reference(tx.connection, [str(code) for code in codes[:CANDIDATE_LIMIT]])
    outcome = match(heard, codes, [_view(intent) for intent in intents])
    postings = book_transfer(merchant.merchant_id, booked.transfer_id, heard.amount_vnd, outcome)
    await insert_postings(tx.connection, postings, now)
    if isinstance(outcome, Allocate):
        before = next(intent for intent in intents if intent.intent_id == outcome.intent_id)
        await _pay(tx, booked, outcome, before)
        if outcome.surplus_vnd:
            surplus = Suspend(reason="surplus", proposed=(outcome.intent_id,))
            await _suspend(tx, booked, outcome.surplus_vnd, surplus, intents)
    else:
        await _suspend(tx, booked, heard.amount_vnd, outcome, intents)
    tx.touch("venue", merchant.venue_id)


async def _pay(tx: Tx, booked: _Booked, outcome: Allocate, before: Intent) -> None:
    # At the bank the trace breaks; from the match on it is the order's again.
    follow(before.trace_id)
    payment = Payment(
        outcome.intent_id,
        outcome.allocated_vnd,
        next_status(before.status, outcome.trigger),
        outcome.amount_state,
        outcome.timing,
        _qr_for_the_rest(before, outcome),
    )
    intent = await pay_intent(tx.connection, payment, booked.now)
    kind = PaymentSettled if intent.status == "settled" else PaymentPartial
    heard = booked.heard
    tx.emit(
        told(kind, intent, heard.occurred_at, booked.now, transfer_id=booked.transfer_id, bank_code=heard.bank_code)
    )


def _qr_for_the_rest(before: Intent, outcome: Allocate) -> str:
    """The payload that asks for what is still due, under the same reference; a paid intent keeps its last one."""
    due_vnd = Dong(before.amount_vnd - before.paid_vnd - outcome.allocated_vnd)
    if due_vnd == ZERO:
        return before.qr_payload
    return intent_payload(before.reference, before.bank_bin, before.account_number, due_vnd)


async def _suspend(tx: Tx, booked: _Booked, amount_vnd: Dong, outcome: Suspend, meant: Sequence[Intent]) -> None:
    """meant: the intents whose codes stand in the memo; the money belongs to an order only if that is the only one."""
    orders = [intent.order_id for intent in meant if intent.intent_id in outcome.proposed]
    merchant = booked.merchant
    suspended = Suspended(
        booked.transfer_id,
        merchant.merchant_id,
        amount_vnd,
        outcome.reason,
        outcome.proposed,
        orders[0] if len(orders) == 1 else None,
    )
    await suspend_money(tx, suspended, merchant.venue_id, booked.heard.occurred_at, booked.now)


def _view(intent: Intent) -> IntentView:
    return IntentView(
        intent_id=intent.intent_id,
        account=intent.account_number,
        reference=Reference(intent.reference),
        amount_vnd=intent.amount_vnd,
        allocated_vnd=intent.paid_vnd,
        status=intent.status,
        expires_at=intent.expires_at,
    )
