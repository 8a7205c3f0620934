"""How a transfer's money is posted: where it lies when it came, and where it goes when its order ends. Pure."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from services.payments.books.domain import (
    Allocation,
    LedgerAccount,
    Posting,
    PostingKind,
    allocated,
    bank,
    suspense,
)
from services.payments.transfers.domain.matching import Allocate, Suspend
from shared.ids import IntentId, MerchantId, TransferId
from shared.money import Dong

# Why money leaves an intent again: ticketing says that its order ended without tickets.
Ending = Literal["order_unfulfilled", "order_cancelled"]


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
    merchant_id: MerchantId, intent_id: IntentId, allocations: Sequence[Allocation], ending: Ending
) -> tuple[Posting, ...]:
    """Money that bought nothing goes to suspense, each transfer's own part, so that it can go back to its payer."""
    return tuple(
        Posting(
            debit=allocated(intent_id),
            credit=suspense(merchant_id),
            amount_vnd=allocation.amount_vnd,
            kind=ending,
            source_id=allocation.transfer_id,
        )
        for allocation in allocations
    )


def _money_in(
    merchant_id: MerchantId, credit: LedgerAccount, amount_vnd: Dong, kind: PostingKind, source_id: UUID
) -> Posting:
    return Posting(debit=bank(merchant_id), credit=credit, amount_vnd=amount_vnd, kind=kind, source_id=source_id)
