"""A transfer as we book it, and money of one that waits for a person. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.payments.transfers.domain.bank import BankTransfer
from shared.events.words import SuspenseReason
from shared.ids import IntentId, MerchantId, OrderId, TransferId, VenueId
from shared.money import Dong


@dataclass(frozen=True, slots=True)
class Transfer:
    """One movement of money onto a merchant's account, as the bank told it and when we learned of it."""

    transfer_id: TransferId
    merchant_id: MerchantId
    venue_id: VenueId
    heard: BankTransfer
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SuspendedMoney:
    """Money of one transfer that is to wait for one reason; `order_id` is the order or charge it was meant for."""

    transfer_id: TransferId
    merchant_id: MerchantId
    amount_vnd: Dong
    reason: SuspenseReason
    proposal: tuple[IntentId, ...]
    order_id: OrderId | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """All that waits of a transfer for one reason; `bank_code` names the bank that told of the transfer."""

    amount_vnd: Dong
    version: int
    bank_code: str
