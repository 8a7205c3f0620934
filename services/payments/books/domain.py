"""Double entry for all money heard of. One posting is one debit and one credit, so it balances by construction.

A posting is never edited: a correction is a new one. Bank money and cash never meet in a posting.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from shared.ids import IntentId, MerchantId, TransferId
from shared.money import Dong

# bank and cash count what came in (debit); the others say where it lies (credit).
AccountKind = Literal["bank", "allocated", "suspense", "refunded", "cash", "cash_sales"]
PostingKind = Literal[
    "transfer_allocated",
    "transfer_surplus",
    "transfer_suspended",
    "order_unfulfilled",
    "order_cancelled",
    "refund_sent",
    "cash_recorded",
    "cash_undone",
]


class LedgerAccount(NamedTuple):
    """`owner` is an intent for "allocated", a merchant for all others."""

    kind: AccountKind
    owner: str

    @property
    def name(self) -> str:
        """As stored: "suspense:nha-vuong"."""
        return f"{self.kind}:{self.owner}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """amount_vnd > 0 moves from credit to debit.

    `source_id` says whose money moves: the transfer it came in by, wherever it goes later, or the cash.
    """

    debit: LedgerAccount
    credit: LedgerAccount
    amount_vnd: Dong
    kind: PostingKind
    source_id: UUID

    def __post_init__(self) -> None:
        assert self.amount_vnd > 0
        assert self.debit != self.credit


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one transfer has on an intent."""

    transfer_id: TransferId
    amount_vnd: Dong


def bank(merchant_id: MerchantId) -> LedgerAccount:
    return LedgerAccount("bank", merchant_id)


def allocated(intent_id: IntentId) -> LedgerAccount:
    return LedgerAccount("allocated", str(intent_id))


def suspense(merchant_id: MerchantId) -> LedgerAccount:
    return LedgerAccount("suspense", merchant_id)


def refunded(merchant_id: MerchantId) -> LedgerAccount:
    return LedgerAccount("refunded", merchant_id)


def cash(merchant_id: MerchantId) -> LedgerAccount:
    return LedgerAccount("cash", merchant_id)


def cash_sales(merchant_id: MerchantId) -> LedgerAccount:
    return LedgerAccount("cash_sales", merchant_id)
