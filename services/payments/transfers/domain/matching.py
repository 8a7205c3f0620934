"""Which intent a transfer pays, if any. Money is never guessed: in doubt it waits in suspense for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.payments.intents.domain.intents import Intent
from services.payments.intents.domain.references import Reference
from services.payments.transfers.domain.bank import BankTransfer
from shared.events.words import AmountState, SuspenseReason, Timing
from shared.ids import IntentId
from shared.money import ZERO, Dong

# A memo with more valid codes than a person would type is hostile; more are not worth looking up.
CANDIDATE_LIMIT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocate:
    """Pays this intent: allocated_vnd to what is due, surplus_vnd to suspense; together they are the transfer.

    Amount state is the intent's after it; timing is this transfer's. Two fields, so that late and over both show.
    """

    intent_id: IntentId
    allocated_vnd: Dong
    surplus_vnd: Dong
    amount_state: AmountState
    timing: Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """No rule places the money. `proposed` are the intents a person should look at first."""

    reason: SuspenseReason
    proposed: tuple[IntentId, ...] = ()


Outcome = Allocate | Suspend


def match(transfer: BankTransfer, codes: Sequence[Reference], intents: Sequence[Intent]) -> Outcome:
    """What to do with money that came in.

    codes are the memo's candidates, all of them; intents are those found for the first CANDIDATE_LIMIT codes, on any
    account and in any state. Of the intents on the receiving account that are not cancelled exactly one may win.
    """
    assert transfer.direction == "in"
    if not codes:
        return Suspend(reason="no_reference")
    meant = list({intent.intent_id: intent for intent in intents if intent.reference in codes}.values())
    here = [intent for intent in meant if intent.account_number == transfer.account and intent.status != "cancelled"]
    if len(here) > 1 or len(codes) > CANDIDATE_LIMIT:
        return Suspend(reason="ambiguous", proposed=_ids(here or meant))
    if not here:
        return _suspend_without_winner(transfer, meant)
    if here[0].is_paid:
        return Suspend(reason="paid_again", proposed=_ids(here))
    return allocate(here[0], transfer.amount_vnd, transfer.occurred_at)


def allocate(intent: Intent, amount_vnd: Dong, paid_at: datetime) -> Allocate:
    """How an amount paid at the bank's time falls on an intent that is not yet paid; never above what is due."""
    assert amount_vnd > 0
    assert not intent.is_paid
    assert intent.status != "cancelled"
    surplus_vnd = Dong(max(ZERO, amount_vnd - intent.due_vnd))
    return Allocate(
        intent_id=intent.intent_id,
        allocated_vnd=Dong(amount_vnd - surplus_vnd),
        surplus_vnd=surplus_vnd,
        amount_state="over" if surplus_vnd else "exact" if amount_vnd == intent.due_vnd else "partial",
        timing="late" if intent.is_expired(paid_at) else "on_time",
    )


def _suspend_without_winner(transfer: BankTransfer, meant: list[Intent]) -> Suspend:
    elsewhere = [
        intent for intent in meant if intent.account_number != transfer.account and intent.status != "cancelled"
    ]
    if elsewhere:
        return Suspend(reason="wrong_account", proposed=_ids(elsewhere))
    cancelled = [intent for intent in meant if intent.account_number == transfer.account]
    if cancelled:
        return Suspend(reason="order_cancelled", proposed=_ids(cancelled))
    # A cancelled intent of another account takes no money, but the person who decides should see it.
    return Suspend(reason="unknown_reference", proposed=_ids(meant))


def _ids(intents: list[Intent]) -> tuple[IntentId, ...]:
    return tuple(intent.intent_id for intent in intents)
