"""How long an intent may be paid, and every way from state to state."""

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from services.payments.intents.domain.charges import pay_charge_until
from services.payments.intents.domain.intents import (
    IntentTransitionRefused,
    Trigger,
    intent_payload,
    next_status,
)
from services.payments.intents.domain.references import IntentMemoInvalid
from shared.events import payments as contract
from shared.events.words import ClosedSuspenseReason, IntentStatus, SuspenseReason
from shared.money import Dong
from shared.qr.vietqr import decode
from tests.support.payments import OPENED, open_intent_of

PAYMENTS = Path("services/payments")
INTENT = open_intent_of(60_000, "HG4K7P2M9E", "1031900078")


@pytest.mark.parametrize(("amount_vnd", "minutes"), [(1, 15), (9_999_999, 15), (10_000_000, 60), (50_000_000, 60)])
def test_a_face_check_gives_an_hour_instead_of_a_quarter(amount_vnd: int, minutes: int) -> None:
    assert pay_charge_until(OPENED, Dong(amount_vnd)) == OPENED + timedelta(minutes=minutes)


def test_the_instant_of_the_deadline_is_still_on_time() -> None:
    assert not INTENT.is_expired(INTENT.expires_at)
    assert INTENT.is_expired(INTENT.expires_at + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("status", "trigger", "following"),
    [
        ("open", "paid_part", "partial"),
        ("open", "paid_whole", "settled"),
        ("open", "expired", "expired"),
        ("open", "cancelled", "cancelled"),
        ("partial", "paid_part", "partial"),
        ("partial", "paid_whole", "settled"),
        ("partial", "expired", "expired"),
        ("partial", "cancelled", "cancelled"),
        ("expired", "paid_part", "expired"),
        ("expired", "paid_whole", "settled"),
        ("expired", "expired", "expired"),
        ("expired", "cancelled", "cancelled"),
        ("settled", "expired", "settled"),
        ("settled", "cancelled", "cancelled"),
        ("settled", "unfulfilled", "cancelled"),
        ("cancelled", "expired", "cancelled"),
        ("cancelled", "cancelled", "cancelled"),
        ("cancelled", "unfulfilled", "cancelled"),
    ],
)
def test_an_intent_moves_by_what_it_hears(status: IntentStatus, trigger: Trigger, following: IntentStatus) -> None:
    assert next_status(status, trigger) == following


@pytest.mark.parametrize(
    ("status", "trigger"),
    [
        ("settled", "paid_part"),
        ("settled", "paid_whole"),
        ("cancelled", "paid_part"),
        ("cancelled", "paid_whole"),
        ("open", "unfulfilled"),
        ("partial", "unfulfilled"),
        ("expired", "unfulfilled"),
    ],
)
def test_no_other_move_is_allowed(status: IntentStatus, trigger: Trigger) -> None:
    with pytest.raises(IntentTransitionRefused) as refused:
        next_status(status, trigger)
    assert refused.value.fields == {"status": status, "trigger": trigger}


def test_no_rule_of_a_use_case_runs_inside_an_assert() -> None:
    """`python -O` takes asserts out: what they call must not be what refuses."""
    called = [
        f"{path.name}: {ast.unparse(node)}"
        for path in sorted(PAYMENTS.rglob("*.py"))
        if "usecases" in (path.stem, path.parent.name)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert) and any(isinstance(inner, ast.Call) for inner in ast.walk(node.test))
    ]
    assert called == []


def test_no_statement_moves_an_intent_to_a_state_of_its_own_choice() -> None:
    text = (PAYMENTS / "intents" / "sql" / "intents.sql").read_text(encoding="utf-8")
    updates = re.findall(r"UPDATE intents.*?(?=RETURNING|-- name|\Z)", text, re.DOTALL)
    assert len(updates) == 1
    assert [update for update in updates if re.search(r"status = '\w+'(?! THEN)|status IN", update)] == []


def test_an_intents_code_asks_under_a_memo_that_every_bank_keeps() -> None:
    asked = decode(intent_payload("HG4K7P2M9E", "970436", "000000001", Dong(60_000)))
    assert (asked.memo, asked.amount_vnd, asked.account) == ("HG4K7P2M9E", 60_000, "000000001")
    # VietQR itself would take this one.
    with pytest.raises(IntentMemoInvalid):
        intent_payload("hg4k7p2m9e-tien phong", "970436", "000000001", Dong(60_000))


def test_the_contract_of_suspended_money_names_every_reason_though_its_list_is_open() -> None:
    told = str(contract.TransferSuspendedV2.__doc__)
    assert [reason for reason in get_args(SuspenseReason) if reason not in told] == []
    assert set(get_args(ClosedSuspenseReason)) < set(get_args(SuspenseReason))
