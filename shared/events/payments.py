"""What payments says, on the topic `payments.events`."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from shared.events.common import At, Event, Line, Place, Vnd
from shared.events.words import AmountState, CashStatus, Channel, ClosedSuspenseReason, IntentStatus, Tender, Timing
from shared.ids import CashId, IntentId, MerchantId, OrderId, TransferId, VenueId

# Value: the BIN of the bank whose notice told of the transfer. Banks tell of what they received, so never the payer's.
BankCode = Annotated[
    str, Meta(description='BIN of the bank that reported the transfer, the receiving one: "970418"; "" if unknown')
]


class MerchantChanged(Event, frozen=True, kw_only=True):
    """Who is paid at a venue. The account stays inside payments; its bank is public."""

    TYPE: ClassVar[str] = "payments.merchant_changed.v1"
    AGGREGATE: ClassVar[str] = "merchant"

    merchant_id: MerchantId
    venue_id: VenueId
    name: str
    bank_bin: str
    active: bool

    @property
    def subject(self) -> str:
        return self.merchant_id

    @property
    def key(self) -> str:
        return self.merchant_id


class IntentEvent(Event, frozen=True, kw_only=True):
    """The whole public state of an intent to be paid, for an order or an owner's charge (`channel` "owner").

    `paid_vnd` counts what was allocated and never exceeds `amount_vnd`; amount state and timing are two fields, so
    that late and over both show. `qr_payload` is the VietQR text for what is still due; the account shown is the
    merchant's own.
    """

    AGGREGATE: ClassVar[str] = "intent"

    intent_id: IntentId
    order_id: OrderId
    merchant_id: MerchantId
    place: Place
    status: IntentStatus
    amount_state: AmountState
    timing: Timing
    amount_vnd: Vnd
    paid_vnd: Vnd
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    channel: Channel
    tender: Tender
    business_date: date
    expires_at: At
    reference: str
    qr_payload: str
    bank_bin: str
    bank_name: str
    account_number: str
    account_name: str

    @property
    def subject(self) -> str:
        return str(self.intent_id)

    @property
    def key(self) -> str:
        return str(self.order_id)


class IntentOpened(IntentEvent, frozen=True, kw_only=True):
    """A visitor can pay now: QR text, reference, amount and deadline are known."""

    TYPE: ClassVar[str] = "payments.intent_opened.v1"


class PaymentEvent(IntentEvent, frozen=True, kw_only=True):
    """An intent after money was heard. `occurred_at` is the bank's time.

    `bank_code` names the bank that reported the transfer; from which bank the payer sent it, no feed says.
    """

    transfer_id: TransferId
    bank_code: BankCode = ""


class PaymentPartial(PaymentEvent, frozen=True, kw_only=True):
    """Some of the money came; the rest is due."""

    TYPE: ClassVar[str] = "payments.payment_partial.v1"


class PaymentSettled(PaymentEvent, frozen=True, kw_only=True):
    """All of the money came. Only the bank's event can cause this."""

    TYPE: ClassVar[str] = "payments.payment_settled.v1"


class PaymentRefunded(IntentEvent, frozen=True, kw_only=True):
    """Money of this intent went back to the payer; `refunded_vnd` in all."""

    TYPE: ClassVar[str] = "payments.payment_refunded.v1"

    refunded_vnd: Vnd


class IntentCancelled(IntentEvent, frozen=True, kw_only=True):
    """The order ended without tickets: nothing is allocated any more, and what had come waits in suspense."""

    TYPE: ClassVar[str] = "payments.intent_cancelled.v1"


class TransferEvent(Event, frozen=True, kw_only=True):
    """A transfer, or the surplus of one, that no rule could place, and what became of it."""

    AGGREGATE: ClassVar[str] = "transfer"

    transfer_id: TransferId
    merchant_id: MerchantId
    place: Place
    amount_vnd: Vnd
    reason: ClosedSuspenseReason
    order_id: OrderId | None = None
    bank_code: BankCode = ""

    @property
    def subject(self) -> str:
        return str(self.transfer_id)

    @property
    def key(self) -> str:
        return str(self.transfer_id)


class TransferSuspended(TransferEvent, frozen=True, kw_only=True):
    """The money waited for a person to decide. No longer said: it knew one reason a transfer; see version 2."""

    TYPE: ClassVar[str] = "payments.transfer_suspended.v1"


class TransferSuspendedV2(Event, frozen=True, kw_only=True):
    """Money of a transfer waits for a person to decide; one transfer may wait for several reasons, each on its own.

    `amount_vnd` is all that waits for this `reason`. Reasons are an open list: no_reference, unknown_reference,
    ambiguous, wrong_account, paid_again, surplus, late_no_places, order_cancelled. `order_id`: the order it was meant
    for. `bank_code` as in a payment.
    """

    TYPE: ClassVar[str] = "payments.transfer_suspended.v2"
    AGGREGATE: ClassVar[str] = "suspended money"

    transfer_id: TransferId
    merchant_id: MerchantId
    place: Place
    amount_vnd: Vnd
    reason: Annotated[str, Meta(min_length=1, max_length=40)]
    order_id: OrderId | None = None
    bank_code: BankCode = ""

    @property
    def subject(self) -> str:
        return f"{self.transfer_id}/{self.reason}"

    @property
    def key(self) -> str:
        return str(self.transfer_id)


class TransferResolved(TransferEvent, frozen=True, kw_only=True):
    """A person decided where the money belongs."""

    TYPE: ClassVar[str] = "payments.transfer_resolved.v1"

    resolution: Literal["allocated", "refunded", "not_ours"]


class CashRecorded(Event, frozen=True, kw_only=True):
    """Cash taken at a venue, or taken back by `status` "undone" within seconds of it."""

    TYPE: ClassVar[str] = "payments.cash_recorded.v1"
    AGGREGATE: ClassVar[str] = "cash"

    cash_id: CashId
    merchant_id: MerchantId
    place: Place
    status: CashStatus
    amount_vnd: Vnd
    lines: Annotated[tuple[Line, ...], Meta(min_length=1)]
    channel: Channel
    tender: Tender
    business_date: date
    offline: bool

    @property
    def subject(self) -> str:
        return str(self.cash_id)

    @property
    def key(self) -> str:
        return str(self.cash_id)


EVENTS: tuple[type[Event], ...] = (
    MerchantChanged,
    IntentOpened,
    PaymentPartial,
    PaymentSettled,
    PaymentRefunded,
    IntentCancelled,
    TransferSuspended,
    TransferSuspendedV2,
    TransferResolved,
    CashRecorded,
)
