"""Intents: how long one may be paid, what its code asks for, and the only place that moves one from state to state."""

from datetime import datetime, timedelta
from typing import Literal

from services.payments.intents.domain.references import intent_memo
from shared.errors import DomainError
from shared.events.words import IntentStatus
from shared.money import Dong
from shared.qr.banks import FACE_CHECK_FROM_VND
from shared.qr.vietqr import TransferQr, encode

Trigger = Literal["paid_part", "paid_whole", "expired", "cancelled", "unfulfilled"]

_TIME_TO_PAY = timedelta(minutes=15)
_TIME_TO_PAY_WITH_FACE_CHECK = timedelta(minutes=60)

# Facts arrive in any order and more than once, so a fact that comes too late to matter keeps the state.
_NEXT: dict[tuple[IntentStatus, Trigger], IntentStatus] = {
    ("open", "paid_part"): "partial",
    ("open", "paid_whole"): "settled",
    ("open", "expired"): "expired",
    ("open", "cancelled"): "cancelled",
    ("partial", "paid_part"): "partial",
    ("partial", "paid_whole"): "settled",
    ("partial", "expired"): "expired",
    ("partial", "cancelled"): "cancelled",
    # Late money: the rest of the sum may still come, but the deadline stays passed.
    ("expired", "paid_part"): "expired",
    ("expired", "paid_whole"): "settled",
    ("expired", "expired"): "expired",
    ("expired", "cancelled"): "cancelled",
    # Settled is final for a clock. Ticketing undoes it: paid but no places left, or cancelled while the money came.
    ("settled", "expired"): "settled",
    ("settled", "cancelled"): "cancelled",
    ("settled", "unfulfilled"): "cancelled",
    ("cancelled", "expired"): "cancelled",
    ("cancelled", "cancelled"): "cancelled",
    ("cancelled", "unfulfilled"): "cancelled",
}


class IntentTransitionRefused(DomainError):
    """No rule leads from this state by this trigger."""

    code, status = "intent_transition_refused", 409


def next_status(status: IntentStatus, trigger: Trigger) -> IntentStatus:
    """The state after a trigger; IntentTransitionRefused where the rules know no way."""
    following = _NEXT.get((status, trigger))
    if following is None:
        raise IntentTransitionRefused(status=status, trigger=trigger)
    return following


def intent_payload(reference: str, bank_bin: str, account: str, due_vnd: Dong) -> str:
    """The VietQR payload that asks for what is due, under the intent's reference and our own rule for memos."""
    return encode(TransferQr(bank_bin=bank_bin, account=account, amount_vnd=due_vnd, memo=intent_memo(reference)))


def expires_at(opened_at: datetime, amount_vnd: Dong) -> datetime:
    """The last instant that counts as on time."""
    return opened_at + (_TIME_TO_PAY_WITH_FACE_CHECK if amount_vnd >= FACE_CHECK_FROM_VND else _TIME_TO_PAY)


def is_expired(deadline: datetime, now: datetime) -> bool:
    """Money of the very instant of the deadline is on time, so only after it an intent is expired."""
    return now > deadline
