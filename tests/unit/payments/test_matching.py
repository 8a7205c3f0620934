"""Which intent a transfer pays: exactly one on the receiving account, or a person decides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.payments.intents.domain.intents import Intent
from services.payments.intents.domain.references import Reference
from services.payments.transfers.domain.bank import BankTransfer, TransferContradicted, refuse_contradiction
from services.payments.transfers.domain.matching import CANDIDATE_LIMIT, Allocate, Suspend, allocate, match
from shared.events.words import IntentStatus
from shared.money import Dong
from tests.support.payments import open_intent_of

DEADLINE = datetime(2026, 11, 1, 3, 15, tzinfo=UTC)
CODE = Reference("HG4K7P2M9E")
OTHER = Reference("HG00000008")
HERE, ELSEWHERE = "1031900078", "8300200000001"

INTENT = open_intent_of(60_000, CODE, HERE)
SECOND = open_intent_of(60_000, OTHER, HERE, number=2)
TRANSFER = BankTransfer(
    provider="sepay",
    provider_id="92704",
    bank_reference="FT26001",
    account=HERE,
    direction="in",
    amount_vnd=Dong(60_000),
    memo=f"IBFT {CODE}",
    provider_code=None,
    occurred_at=DEADLINE - timedelta(minutes=5),
    bank_code="970436",
)


def paying(amount_vnd: int) -> BankTransfer:
    return replace(TRANSFER, amount_vnd=Dong(amount_vnd))


def test_the_exact_amount_settles() -> None:
    assert match(TRANSFER, [CODE], [INTENT]) == Allocate(
        intent_id=INTENT.intent_id,
        allocated_vnd=Dong(60_000),
        surplus_vnd=Dong(0),
        amount_state="exact",
        timing="on_time",
    )


def test_less_than_due_is_partial() -> None:
    outcome = match(paying(59_999), [CODE], [INTENT])
    assert isinstance(outcome, Allocate)
    assert (outcome.allocated_vnd, outcome.surplus_vnd, outcome.amount_state) == (59_999, 0, "partial")


def test_a_thousandth_of_the_sum_is_partial_and_nothing_more() -> None:
    outcome = match(paying(200), [CODE], [replace(INTENT, amount_vnd=Dong(200_000))])
    assert isinstance(outcome, Allocate)
    assert (outcome.allocated_vnd, outcome.amount_state) == (200, "partial")


def test_a_second_part_completes() -> None:
    partly = replace(INTENT, paid_vnd=Dong(20_000), status="partial")
    outcome = match(paying(40_000), [CODE], [partly])
    assert isinstance(outcome, Allocate)
    assert (outcome.allocated_vnd, outcome.amount_state) == (40_000, "exact")


def test_more_than_due_leaves_a_surplus() -> None:
    partly = replace(INTENT, paid_vnd=Dong(20_000), status="partial")
    outcome = match(paying(60_000), [CODE], [partly])
    assert isinstance(outcome, Allocate)
    assert (outcome.allocated_vnd, outcome.surplus_vnd, outcome.amount_state) == (40_000, 20_000, "over")


@pytest.mark.parametrize(("after_s", "timing"), [(-1, "on_time"), (0, "on_time"), (1, "late")])
def test_on_time_is_the_banks_time_up_to_the_deadline(after_s: int, timing: str) -> None:
    outcome = match(replace(TRANSFER, occurred_at=DEADLINE + timedelta(seconds=after_s)), [CODE], [INTENT])
    assert isinstance(outcome, Allocate)
    assert outcome.timing == timing


def test_late_and_over_both_show() -> None:
    late = replace(paying(70_000), occurred_at=DEADLINE + timedelta(hours=1))
    outcome = match(late, [CODE], [replace(INTENT, status="expired")])
    assert isinstance(outcome, Allocate)
    assert (outcome.amount_state, outcome.timing) == ("over", "late")


def test_an_expired_intent_paid_in_time_by_the_banks_clock_is_on_time() -> None:
    outcome = match(TRANSFER, [CODE], [replace(INTENT, status="expired")])
    assert isinstance(outcome, Allocate)
    assert outcome.timing == "on_time"


@pytest.mark.parametrize(("status", "allocated_vnd"), [("settled", 60_000), ("partial", 60_000), ("settled", 0)])
def test_an_intent_already_paid_takes_no_more(status: IntentStatus, allocated_vnd: int) -> None:
    paid = replace(INTENT, status=status, paid_vnd=Dong(allocated_vnd))
    assert match(TRANSFER, [CODE], [paid]) == Suspend(reason="paid_again", proposed=(INTENT.intent_id,))


def test_a_memo_without_a_code_waits() -> None:
    assert match(TRANSFER, [], []) == Suspend(reason="no_reference")


def test_a_code_nobody_knows_waits() -> None:
    assert match(TRANSFER, [CODE], []) == Suspend(reason="unknown_reference")


def test_a_code_of_another_account_waits() -> None:
    assert match(TRANSFER, [CODE], [replace(INTENT, account_number=ELSEWHERE)]) == Suspend(
        reason="wrong_account", proposed=(INTENT.intent_id,)
    )


def test_money_for_a_cancelled_intent_waits_under_that_reason_with_the_intent_proposed() -> None:
    cancelled = replace(INTENT, status="cancelled")
    assert match(TRANSFER, [CODE], [cancelled]) == Suspend(reason="order_cancelled", proposed=(INTENT.intent_id,))


def test_a_cancelled_intent_of_another_account_is_only_proposed() -> None:
    elsewhere = replace(INTENT, status="cancelled", account_number="8300200000001")
    assert match(TRANSFER, [CODE], [elsewhere]) == Suspend(reason="unknown_reference", proposed=(INTENT.intent_id,))


def test_two_codes_of_one_account_are_ambiguous() -> None:
    assert match(TRANSFER, [CODE, OTHER], [INTENT, SECOND]) == Suspend(
        reason="ambiguous", proposed=(INTENT.intent_id, SECOND.intent_id)
    )


def test_a_paid_and_an_open_intent_are_ambiguous() -> None:
    paid = replace(SECOND, status="settled", paid_vnd=Dong(60_000))
    assert isinstance(match(TRANSFER, [CODE, OTHER], [INTENT, paid]), Suspend)


def test_a_code_of_another_account_beside_ours_does_no_harm() -> None:
    outcome = match(TRANSFER, [OTHER, CODE], [replace(SECOND, account_number=ELSEWHERE), INTENT])
    assert isinstance(outcome, Allocate)
    assert outcome.intent_id == INTENT.intent_id


def test_a_cancelled_intent_beside_ours_does_no_harm() -> None:
    outcome = match(TRANSFER, [OTHER, CODE], [replace(SECOND, status="cancelled"), INTENT])
    assert isinstance(outcome, Allocate)
    assert outcome.intent_id == INTENT.intent_id


def test_an_intent_found_twice_is_one_intent() -> None:
    assert isinstance(match(TRANSFER, [CODE], [INTENT, INTENT]), Allocate)


def test_an_intent_whose_code_is_not_in_the_memo_never_wins() -> None:
    assert match(TRANSFER, [OTHER], [INTENT]) == Suspend(reason="unknown_reference")


def test_a_memo_stuffed_with_codes_is_for_a_person() -> None:
    stuffed = [CODE] + [OTHER] * CANDIDATE_LIMIT
    assert match(TRANSFER, stuffed, [INTENT]) == Suspend(reason="ambiguous", proposed=(INTENT.intent_id,))
    assert isinstance(match(TRANSFER, stuffed[:-1], [INTENT]), Allocate)


@pytest.mark.parametrize("bad", [replace(INTENT, status="cancelled"), replace(INTENT, paid_vnd=Dong(60_000))])
def test_no_caller_can_allocate_to_an_intent_that_takes_no_money(bad: Intent) -> None:
    with pytest.raises(AssertionError):
        allocate(bad, Dong(1_000), DEADLINE)


def test_a_transfer_told_again_with_another_amount_is_an_error_to_show() -> None:
    refuse_contradiction(Dong(60_000), TRANSFER)
    with pytest.raises(TransferContradicted) as shown:
        refuse_contradiction(Dong(60_001), TRANSFER)
    assert shown.value.fields == {"known_amount_vnd": 60_001, "heard_amount_vnd": 60_000}


def test_what_is_personal_stays_out_of_logs() -> None:
    assert HERE not in repr(TRANSFER)
    assert CODE not in repr(TRANSFER)
