"""An intent: what it asks for, what is true of it, and the only place that moves it from state to state. Pure."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from services.payments.intents.domain.references import Reference, intent_memo
from shared.errors import DomainError
from shared.events.words import AmountState, Channel, IntentStatus, PriceKind, Timing
from shared.ids import IntentId, MerchantId, OrderId, ProductId, VenueId
from shared.money import ZERO, Dong
from shared.qr.banks import BANKS
from shared.qr.vietqr import TransferQr, encode

IntentSource = Literal["order", "charge"]
"""Whose id `order_id` is: an order of ticketing, whose id a buyer chooses, or a charge, whose id payments makes."""
Ended = Literal["expired", "cancelled", "unfulfilled"]
Trigger = Literal["paid_part", "paid_whole", Ended]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """One price of what is paid for. count is what the price is multiplied by: people, or person-nights of a stay."""

    venue_id: VenueId
    product_id: ProductId
    category: str
    count: int
    unit_price_vnd: Dong
    price_kind: PriceKind
    tariff_version: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What an order is for; nights is 0 for a visit without a stay."""

    on: date
    nights: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is due on one account under one reference, what came of it, and the account as the payer was shown it.

    0 <= paid_vnd <= amount_vnd. `qr_payload` asks for what is still due; a paid intent keeps its last one.
    """

    intent_id: IntentId
    source: IntentSource
    order_id: OrderId
    merchant_id: MerchantId
    venue_id: VenueId
    old_district_code: str
    new_commune_code: str
    status: IntentStatus = "open"
    amount_state: AmountState = "none"
    timing: Timing = "on_time"
    amount_vnd: Dong
    paid_vnd: Dong = ZERO
    lines: tuple[PricedLine, ...]
    channel: Channel
    business_date: date
    expires_at: datetime
    reference: Reference
    qr_payload: str
    bank_bin: str
    account_number: str
    account_name: str
    trace_id: str
    opened_at: datetime
    settled_at: datetime | None = None
    version: int = 1

    @property
    def due_vnd(self) -> Dong:
        return Dong(self.amount_vnd - self.paid_vnd)

    @property
    def is_paid(self) -> bool:
        return self.status == "settled" or self.due_vnd == ZERO

    @property
    def bank_name(self) -> str:
        return BANKS[self.bank_bin].name

    def is_expired(self, at: datetime) -> bool:
        """Money of the very instant of the deadline is on time, so only after it an intent is expired."""
        return at > self.expires_at

    def paid(self, allocated_vnd: Dong, amount_state: AmountState, timing: Timing, now: datetime) -> "Intent":
        """The intent after one transfer brought it this much; what it says of the payment is this transfer's."""
        assert ZERO < allocated_vnd <= self.due_vnd
        status = next_status(self.status, "paid_part" if amount_state == "partial" else "paid_whole")
        due_vnd = Dong(self.due_vnd - allocated_vnd)
        return replace(
            self,
            status=status,
            amount_state=amount_state,
            timing=timing,
            paid_vnd=Dong(self.paid_vnd + allocated_vnd),
            qr_payload=self._payload_for(due_vnd) if due_vnd else self.qr_payload,
            settled_at=now if status == "settled" else self.settled_at,
            version=self.version + 1,
        )

    def ended(self, how: Ended) -> "Intent":
        """The intent after its order ended; itself if that changes nothing.

        A deadline that passed leaves it what it has. Any other end takes its money off: that goes to suspense.
        """
        status = next_status(self.status, how)
        if status == self.status:
            return self
        if how == "expired":
            return replace(self, status=status, version=self.version + 1)
        return replace(self, status=status, amount_state="none", paid_vnd=ZERO, version=self.version + 1)

    def _payload_for(self, due_vnd: Dong) -> str:
        return intent_payload(self.reference, self.bank_bin, self.account_number, due_vnd)


def next_status(status: IntentStatus, trigger: Trigger) -> IntentStatus:
    """The state after a trigger; IntentTransitionRefused where the rules know no way."""
    following = _NEXT.get((status, trigger))
    if following is None:
        raise IntentTransitionRefused(status=status, trigger=trigger)
    return following


def intent_payload(reference: str, bank_bin: str, account: str, due_vnd: Dong) -> str:
    """The VietQR payload that asks for what is due, under the intent's reference and our own rule for memos."""
    return encode(TransferQr(bank_bin=bank_bin, account=account, amount_vnd=due_vnd, memo=intent_memo(reference)))
