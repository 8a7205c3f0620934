"""Postings of everything that can happen to money, and a ledger check that notices what is wrong."""

from dataclasses import replace
from typing import get_args
from uuid import UUID

import pytest

from services.payments.books.domain import Allocation, Posting, allocated, bank, cash, cash_sales, refunded, suspense
from services.payments.cash.domain import book_cash, book_cash_undone
from services.payments.transfers.domain.matching import Allocate, Suspend
from services.payments.transfers.domain.postings import Ending, book_freed, book_transfer
from shared.ids import CashId, IntentId, MerchantId, TransferId
from shared.money import Dong
from tests.support.ledger_check import Violation, balances, balances_by_source, find_violations

MERCHANT = MerchantId("nha-vuong")
INTENT = IntentId(UUID(int=1))
TRANSFER = TransferId(UUID(int=2))
CASH = CashId(UUID(int=3))
OTHER_TRANSFER = TransferId(UUID(int=4))
DUE = {INTENT: Dong(60_000)}


def paid(allocated_vnd: int, surplus_vnd: int = 0) -> Allocate:
    return Allocate(
        intent_id=INTENT,
        allocated_vnd=Dong(allocated_vnd),
        surplus_vnd=Dong(surplus_vnd),
        amount_state="over" if surplus_vnd else "exact",
        timing="on_time",
    )


def test_an_exact_transfer_lies_on_its_intent() -> None:
    postings = book_transfer(MERCHANT, TRANSFER, Dong(60_000), paid(60_000))
    assert [(p.debit.name, p.credit.name, p.amount_vnd, p.kind) for p in postings] == [
        ("bank:nha-vuong", f"allocated:{INTENT}", 60_000, "transfer_allocated")
    ]


def test_a_surplus_lies_in_suspense() -> None:
    postings = book_transfer(MERCHANT, TRANSFER, Dong(70_000), paid(60_000, 10_000))
    assert balances(postings) == {
        bank(MERCHANT): 70_000,
        allocated(INTENT): 60_000,
        suspense(MERCHANT): 10_000,
    }
    assert {p.source_id for p in postings} == {TRANSFER}


def test_a_transfer_no_rule_places_lies_in_suspense_whole() -> None:
    postings = book_transfer(MERCHANT, TRANSFER, Dong(60_000), Suspend(reason="no_reference"))
    assert balances(postings) == {bank(MERCHANT): 60_000, suspense(MERCHANT): 60_000}


def test_an_outcome_that_is_not_the_whole_transfer_is_never_booked() -> None:
    with pytest.raises(AssertionError):
        book_transfer(MERCHANT, TRANSFER, Dong(70_000), paid(60_000))


IN_TWO_PARTS = [
    *book_transfer(MERCHANT, TRANSFER, Dong(20_000), paid(20_000)),
    *book_transfer(MERCHANT, OTHER_TRANSFER, Dong(45_000), paid(40_000, 5_000)),
]
HEARD_IN_TWO_PARTS = {TRANSFER: Dong(20_000), OTHER_TRANSFER: Dong(45_000)}


@pytest.mark.parametrize("ending", get_args(Ending))
def test_freed_money_lies_in_suspense_under_each_transfer_it_came_by(ending: Ending) -> None:
    allocations = [Allocation(TRANSFER, Dong(20_000)), Allocation(OTHER_TRANSFER, Dong(40_000))]
    postings = [*IN_TWO_PARTS, *book_freed(MERCHANT, INTENT, allocations, ending)]
    assert balances(postings) == {bank(MERCHANT): 65_000, allocated(INTENT): 0, suspense(MERCHANT): 65_000}
    lying = balances_by_source(postings)
    assert [lying[source, suspense(MERCHANT)] for source in (TRANSFER, OTHER_TRANSFER)] == [20_000, 45_000]
    assert find_violations(postings, HEARD_IN_TWO_PARTS, DUE) == []


def test_cash_undone_is_a_new_posting_that_leaves_nothing() -> None:
    recorded = book_cash(MERCHANT, CASH, Dong(30_000))
    undone = book_cash_undone(recorded)
    assert undone != recorded
    assert balances([recorded]) == {cash(MERCHANT): 30_000, cash_sales(MERCHANT): 30_000}
    assert balances([recorded, undone]) == {cash(MERCHANT): 0, cash_sales(MERCHANT): 0}


def test_only_cash_can_be_undone_as_cash() -> None:
    (posting,) = book_transfer(MERCHANT, TRANSFER, Dong(60_000), paid(60_000))
    with pytest.raises(AssertionError):
        book_cash_undone(posting)


def test_cash_is_no_money_in_of_the_bank() -> None:
    assert find_violations([book_cash(MERCHANT, CASH, Dong(30_000))], {}, {}) == []


@pytest.mark.parametrize("amount_vnd", [0, -1])
def test_a_posting_moves_something(amount_vnd: int) -> None:
    with pytest.raises(AssertionError):
        book_cash(MERCHANT, CASH, Dong(amount_vnd))


def test_a_posting_moves_somewhere() -> None:
    with pytest.raises(AssertionError):
        Posting(debit=cash(MERCHANT), credit=cash(MERCHANT), amount_vnd=Dong(1), kind="cash_recorded", source_id=CASH)


def names(violations: list[Violation]) -> set[str]:
    return {violation.invariant for violation in violations}


BOOKED = book_transfer(MERCHANT, TRANSFER, Dong(60_000), paid(60_000))
ACCEPTED = {TRANSFER: Dong(60_000)}


class TestTheLedgerCheck:
    """Each way to be wrong is noticed by name."""

    def test_says_nothing_of_a_sound_ledger(self) -> None:
        assert find_violations(BOOKED, ACCEPTED, DUE) == []

    def test_notices_a_transfer_booked_twice(self) -> None:
        found = names(find_violations(BOOKED * 2, ACCEPTED, {INTENT: Dong(200_000)}))
        assert found == {"money_in_is_placed", "transfer_booked_once"}

    def test_notices_a_transfer_never_booked(self) -> None:
        assert names(find_violations([], ACCEPTED, DUE)) == {"money_in_is_placed", "transfer_booked_once"}

    def test_notices_a_transfer_nobody_heard_of(self) -> None:
        assert "transfer_booked_once" in names(find_violations(BOOKED, {}, DUE))

    def test_notices_two_transfers_booked_as_one(self) -> None:
        other = TransferId(UUID(int=9))
        found = find_violations(
            book_transfer(MERCHANT, TRANSFER, Dong(60_000), paid(60_000)),
            {TRANSFER: Dong(30_000), other: Dong(30_000)},
            DUE,
        )
        assert names(found) == {"transfer_booked_once"}
        assert len(found) == 2

    def test_notices_more_allocated_than_due(self) -> None:
        assert names(find_violations(BOOKED, ACCEPTED, {INTENT: Dong(59_999)})) == {"allocated_within_due"}

    def test_notices_more_taken_out_than_came_in(self) -> None:
        refund = Posting(
            debit=suspense(MERCHANT),
            credit=refunded(MERCHANT),
            amount_vnd=Dong(5),
            kind="refund_sent",
            source_id=TRANSFER,
        )
        found = names(find_violations([*BOOKED, refund], ACCEPTED, DUE))
        assert found == {"balance_not_negative", "transfer_traceable"}

    def test_notices_money_of_two_transfers_freed_under_the_last(self) -> None:
        freed = book_freed(MERCHANT, INTENT, [Allocation(OTHER_TRANSFER, Dong(60_000))], "order_unfulfilled")
        found = names(find_violations([*IN_TWO_PARTS, *freed], HEARD_IN_TWO_PARTS, DUE))
        assert found == {"transfer_traceable"}

    def test_notices_cash_mixed_with_bank_money(self) -> None:
        mixed = replace(book_cash(MERCHANT, CASH, Dong(5)), credit=suspense(MERCHANT))
        assert "cash_apart" in names(find_violations([*BOOKED, mixed], ACCEPTED, DUE))
