"""Double entry for all money heard of. One posting is one debit and one credit, so it balances by construction.

A posting is never edited: a correction is a new one. Bank money and cash never meet in a posting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from services.payments.domain.matching import Allocate, Suspend
from shared.ids import CashId, IntentId, MerchantId, TransferId
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
# Why money leaves an intent again: ticketing says that its order ended without tickets.
Ending = Literal["order_unfulfilled", "order_cancelled"]


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
class Share:
    """What one transfer has on an intent."""

    transfer_id: TransferId
    amount_vnd: Dong


def book_transfer(
    merchant_id: MerchantId, transfer_id: TransferId, amount_vnd: Dong, outcome: Allocate | Suspend
) -> tuple[Posting, ...]:
    """The postings of an accepted transfer: together exactly its amount, all of it from the bank."""
    if isinstance(outcome, Suspend):
        return (_money_in(merchant_id, suspense(merchant_id), amount_vnd, "transfer_suspended", transfer_id),)
    assert outcome.allocated_vnd + outcome.surplus_vnd == amount_vnd
    paid = _money_in(
        merchant_id, allocated(outcome.intent_id), outcome.allocated_vnd, "transfer_allocated", transfer_id
    )
    if not outcome.surplus_vnd:
        return (paid,)
    return paid, _money_in(merchant_id, suspense(merchant_id), outcome.surplus_vnd, "transfer_surplus", transfer_id)


def book_freed(
    merchant_id: MerchantId, intent_id: IntentId, shares: Sequence[Share], ending: Ending
) -> tuple[Posting, ...]:
    """Money that bought nothing goes to suspense, each transfer's own share, so that it can go back to its payer."""
    return tuple(
        Posting(
            debit=allocated(intent_id),
            credit=suspense(merchant_id),
            amount_vnd=share.amount_vnd,
            kind=ending,
            source_id=share.transfer_id,
        )
        for share in shares
    )


def book_cash(merchant_id: MerchantId, cash_id: CashId, amount_vnd: Dong) -> Posting:
    return Posting(
        debit=cash(merchant_id),
        credit=cash_sales(merchant_id),
        amount_vnd=amount_vnd,
        kind="cash_recorded",
        source_id=cash_id,
    )


def book_cash_undone(recorded: Posting) -> Posting:
    """The mirror of a cash posting, to stand beside it."""
    assert recorded.kind == "cash_recorded"
    return Posting(
        debit=recorded.credit,
        credit=recorded.debit,
        amount_vnd=recorded.amount_vnd,
        kind="cash_undone",
        source_id=recorded.source_id,
    )


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


def _money_in(
    merchant_id: MerchantId, credit: LedgerAccount, amount_vnd: Dong, kind: PostingKind, source_id: UUID
) -> Posting:
    return Posting(debit=bank(merchant_id), credit=credit, amount_vnd=amount_vnd, kind=kind, source_id=source_id)
