"""The bank says that money moved: books it once, matches it, and says what became of it."""

from collections.abc import Sequence
from datetime import datetime

from services.payments.books.domain import Posting
from services.payments.books.store.postings import insert_postings
from services.payments.intents.domain.intents import Intent
from services.payments.intents.domain.references import candidates
from services.payments.intents.events import payment_told
from services.payments.intents.states import touch_paid, watched_charge
from services.payments.intents.store import intents_by_reference, update_intents
from services.payments.merchants.store import merchants_of_accounts
from services.payments.transfers.domain.bank import BankTransfer, refuse_contradiction
from services.payments.transfers.domain.matching import CANDIDATE_LIMIT, Allocate, Suspend, match
from services.payments.transfers.domain.postings import book_transfer
from services.payments.transfers.domain.transfers import SuspendedMoney, Transfer
from services.payments.transfers.store import insert_transfers, known_amount
from services.payments.transfers.usecases.suspend_money import suspend_money
from shared.errors import DataFault
from shared.ids import TransferId, uuid7
from shared.money import Dong
from shared.unit.batch import One
from shared.unit.tx import Tx, follow


async def hear_transfers(tx: Tx, batch: Sequence[One[BankTransfer]], now: datetime) -> list[None]:
    """Heard twice is booked once; heard again with another amount is an error to show, never an update.

    Money that left an account pays no intent and is no money in: it is passed over, not even kept.
    """
    came = [one for one in batch if one.command.direction == "in"]
    if came:
        new = await _new_transfers(tx, came, now)
        if new:
            await _book(tx, new, now)
    return [None] * len(batch)


async def _new_transfers(
    tx: Tx, came: Sequence[One[BankTransfer]], now: datetime
) -> list[tuple[One[BankTransfer], Transfer]]:
    """Those that were not heard of before, noted."""
    merchants = await merchants_of_accounts(tx.connection, {one.command.account for one in came})
    transfers: list[Transfer] = []
    for one in came:
        merchant = merchants.get(one.command.account)
        if merchant is None:
            raise DataFault("unknown_account")
        transfers.append(Transfer(TransferId(uuid7()), merchant.merchant_id, merchant.venue_id, one.command, now))
    inserted = await insert_transfers(tx.connection, transfers)
    for transfer in transfers:
        if transfer.transfer_id not in inserted:
            refuse_contradiction(await known_amount(tx.connection, transfer.heard), transfer.heard)
    return [(one, transfer) for one, transfer in zip(came, transfers, strict=True) if transfer.transfer_id in inserted]


async def _book(tx: Tx, new: Sequence[tuple[One[BankTransfer], Transfer]], now: datetime) -> None:
    """Each finds the intents as the one before it left them."""
    codes = [candidates(transfer.heard.memo, transfer.heard.provider_code) for _, transfer in new]
    references = {str(code) for some in codes for code in some[:CANDIDATE_LIMIT]}
    intents = await intents_by_reference(tx.connection, references) if references else {}
    versions = {intent.reference: intent.version for intent in intents.values()}
    postings: list[Posting] = []
    for (one, transfer), some in zip(new, codes, strict=True):
        one.follow()
        heard = transfer.heard
        found = (intents.get(str(code)) for code in some[:CANDIDATE_LIMIT])
        meant = sorted((intent for intent in found if intent is not None), key=lambda intent: intent.intent_id)
        outcome = match(heard, some, meant)
        postings += book_transfer(transfer.merchant_id, transfer.transfer_id, heard.amount_vnd, outcome)
        if isinstance(outcome, Allocate):
            intent = next(intent for intent in meant if intent.intent_id == outcome.intent_id)
            intents[intent.reference] = _pay(tx, transfer, outcome, intent)
            if outcome.surplus_vnd:
                surplus = Suspend(reason="surplus", proposed=(outcome.intent_id,))
                await _suspend(tx, transfer, outcome.surplus_vnd, surplus, meant)
        else:
            await _suspend(tx, transfer, heard.amount_vnd, outcome, meant)
        tx.touch("venue", transfer.venue_id)
    await insert_postings(tx.connection, postings, now)
    changed = [intent for intent in intents.values() if intent.version != versions[intent.reference]]
    if changed:
        await update_intents(tx.connection, [(versions[intent.reference], intent) for intent in changed])


def _pay(tx: Tx, transfer: Transfer, outcome: Allocate, meant: Intent) -> Intent:
    # At the bank the trace breaks; from the match on it is the order's again.
    follow(meant.trace_id)
    now, heard = transfer.recorded_at, transfer.heard
    paid = meant.paid(outcome.allocated_vnd, outcome.amount_state, outcome.timing, now)
    tx.emit(payment_told(paid, transfer.transfer_id, heard.bank_code, heard.occurred_at, now))
    if paid.source == "charge":
        touch_paid(tx, paid)
    return paid


async def _suspend(tx: Tx, transfer: Transfer, amount_vnd: Dong, outcome: Suspend, meant: Sequence[Intent]) -> None:
    """meant: the intents whose codes stand in the memo; the money belongs to an order only if that is the only one."""
    proposed = [intent for intent in meant if intent.intent_id in outcome.proposed]
    for intent in proposed:
        if intent.source == "charge":
            tx.touch(*watched_charge(intent.order_id))
    orders = [intent.order_id for intent in proposed]
    suspended = SuspendedMoney(
        transfer.transfer_id,
        transfer.merchant_id,
        amount_vnd,
        outcome.reason,
        outcome.proposed,
        orders[0] if len(orders) == 1 else None,
    )
    await suspend_money(tx, suspended, transfer.venue_id, transfer.heard.occurred_at, transfer.recorded_at)
