"""Postings of everything that can happen to money, and a ledger check that notices what is wrong."""

from dataclasses import replace
from uuid import UUID

import pytest

from services.payments.domain.invariants import Violation, balances, find_violations
from services.payments.domain.ledger import (
    LedgerAccount,
    Posting,
    RefundTooLarge,
    allocated,
    bank,
    book_cash,
    book_cash_undone,
    book_refund,
    book_suspense_allocated,
    book_transfer,
    book_unfulfilled,
    cash,
    cash_sales,
    refunded,
    suspense,
)
from services.payments.domain.matching import Allocate, Suspend
from shared.ids import CashId, IntentId, MerchantId, TransferId
from shared.money import Dong

MERCHANT = MerchantId("nha-vuong")
INTENT = IntentId(UUID(int=1))
TRANSFER = TransferId(UUID(int=2))
CASH = CashId(UUID(int=3))
REFUND = UUID(int=4)
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


def test_suspended_money_moves_to_an_intent() -> None:
    postings = [
        *book_transfer(MERCHANT, TRANSFER, Dong(60_000), Suspend(reason="no_reference")),
        book_suspense_allocated(MERCHANT, TRANSFER, INTENT, Dong(60_000)),
    ]
    assert balances(postings) == {bank(MERCHANT): 60_000, suspense(MERCHANT): 0, allocated(INTENT): 60_000}
    assert find_violations(postings, {TRANSFER: Dong(60_000)}, DUE) == []


def test_late_money_without_places_moves_to_suspense() -> None:
    postings = [
        *book_transfer(MERCHANT, TRANSFER, Dong(60_000), paid(60_000)),
        book_unfulfilled(MERCHANT, INTENT, Dong(60_000)),
    ]
    assert balances(postings) == {bank(MERCHANT): 60_000, allocated(INTENT): 0, suspense(MERCHANT): 60_000}


@pytest.mark.parametrize("origin", [suspense(MERCHANT), allocated(INTENT)])
def test_a_refund_takes_money_from_where_it_lies(origin: LedgerAccount) -> None:
    postings = list(book_transfer(MERCHANT, TRANSFER, Dong(70_000), paid(60_000, 10_000)))
    before = balances(postings)[origin]
    postings.append(book_refund(MERCHANT, REFUND, origin, Dong(10_000), available_vnd=Dong(before)))
    assert balances(postings)[origin] == before - 10_000
    assert balances(postings)[refunded(MERCHANT)] == 10_000
    assert find_violations(postings, {TRANSFER: Dong(70_000)}, DUE) == []


def test_no_more_goes_back_than_lies_there() -> None:
    with pytest.raises(RefundTooLarge):
        book_refund(MERCHANT, REFUND, suspense(MERCHANT), Dong(10_001), available_vnd=Dong(10_000))


def test_a_refund_never_comes_out_of_cash_or_bank() -> None:
    for account in (cash(MERCHANT), bank(MERCHANT), refunded(MERCHANT), cash_sales(MERCHANT)):
        with pytest.raises(AssertionError):
            book_refund(MERCHANT, REFUND, account, Dong(1), available_vnd=Dong(1))


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
        refund = book_refund(MERCHANT, REFUND, suspense(MERCHANT), Dong(5), available_vnd=Dong(5))
        assert names(find_violations([*BOOKED, refund], ACCEPTED, DUE)) == {"balance_not_negative"}

    def test_notices_cash_mixed_with_bank_money(self) -> None:
        mixed = replace(book_cash(MERCHANT, CASH, Dong(5)), credit=suspense(MERCHANT))
        assert "cash_apart" in names(find_violations([*BOOKED, mixed], ACCEPTED, DUE))
