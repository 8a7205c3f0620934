"""What must hold of the whole ledger at any moment, worked out apart from the SQL of `payments verify`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.payments.books.domain import AccountKind, LedgerAccount, Posting, allocated
from shared.ids import IntentId, TransferId
from shared.money import Dong

Invariant = Literal[
    "money_in_is_placed",
    "transfer_booked_once",
    "transfer_traceable",
    "balance_not_negative",
    "allocated_within_due",
    "cash_apart",
]

_DEBIT_KINDS: frozenset[AccountKind] = frozenset({"bank", "cash"})
_CASH_KINDS: frozenset[AccountKind] = frozenset({"cash", "cash_sales"})


@dataclass(frozen=True, slots=True)
class Violation:
    invariant: Invariant
    detail: str


def balances(postings: Iterable[Posting]) -> dict[LedgerAccount, int]:
    """What lies on each account; negative only if more was taken out than ever came in."""
    amounts: defaultdict[LedgerAccount, int] = defaultdict(int)
    for (_, account), amount in balances_by_source(postings).items():
        amounts[account] += amount
    return dict(amounts)


def balances_by_source(postings: Iterable[Posting]) -> dict[tuple[UUID, LedgerAccount], int]:
    """What each transfer, or cash, has on each account."""
    amounts: defaultdict[tuple[UUID, LedgerAccount], int] = defaultdict(int)
    for posting in postings:
        amounts[posting.source_id, posting.debit] += _sign(posting.debit) * posting.amount_vnd
        amounts[posting.source_id, posting.credit] -= _sign(posting.credit) * posting.amount_vnd
    return dict(amounts)


def find_violations(
    postings: Sequence[Posting], accepted: Mapping[TransferId, Dong], due: Mapping[IntentId, Dong]
) -> list[Violation]:
    """Every invariant the ledger breaks. accepted is money in as the banks told it, due what each intent asks."""
    balance = balances(postings)
    return [
        *_money_in_is_placed(balance, accepted),
        *_transfer_booked_once(postings, accepted),
        *_transfer_traceable(postings),
        *(
            Violation("balance_not_negative", f"{account.name} is at {amount}")
            for account, amount in balance.items()
            if amount < 0
        ),
        *(
            Violation("allocated_within_due", f"intent {intent_id} has more than the {due_vnd} due")
            for intent_id, due_vnd in due.items()
            if balance.get(allocated(intent_id), 0) > due_vnd
        ),
        *(
            Violation("cash_apart", f"{posting.source_id} mixes {posting.debit.name} and {posting.credit.name}")
            for posting in postings
            if (posting.debit.kind in _CASH_KINDS) != (posting.credit.kind in _CASH_KINDS)
        ),
    ]


def _sign(account: LedgerAccount) -> int:
    return 1 if account.kind in _DEBIT_KINDS else -1


def _money_in_is_placed(balance: Mapping[LedgerAccount, int], accepted: Mapping[TransferId, Dong]) -> list[Violation]:
    """Money in = allocated + suspense + refunded."""
    money_in = sum(accepted.values())
    placed = sum(amount for account, amount in balance.items() if account.kind in ("allocated", "suspense", "refunded"))
    if money_in == placed:
        return []
    return [Violation("money_in_is_placed", f"{money_in} came in, {placed} is placed")]


def _transfer_traceable(postings: Sequence[Posting]) -> list[Violation]:
    """No account gives more of a transfer's money than that transfer brought there: none pays for another."""
    return [
        Violation("transfer_traceable", f"{source} is at {amount} on {account.name}")
        for (source, account), amount in balances_by_source(postings).items()
        if amount < 0
    ]


def _transfer_booked_once(postings: Sequence[Posting], accepted: Mapping[TransferId, Dong]) -> list[Violation]:
    booked: defaultdict[UUID, int] = defaultdict(int)
    for posting in postings:
        if posting.debit.kind == "bank":
            booked[posting.source_id] += posting.amount_vnd
    compared = (
        (source, accepted.get(TransferId(source), 0), booked.get(source, 0))
        for source in sorted(booked.keys() | accepted.keys())
    )
    return [
        Violation("transfer_booked_once", f"transfer {source}: {heard_vnd} heard, {booked_vnd} booked")
        for source, heard_vnd, booked_vnd in compared
        if heard_vnd != booked_vnd
    ]
