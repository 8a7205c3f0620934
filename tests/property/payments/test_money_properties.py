"""Random histories of transfers, duplicates, parts, refunds and cash: no đồng is ever unaccounted for."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import get_args
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.payments.books.domain import Allocation, Posting, allocated, cash, refunded, suspense
from services.payments.cash.domain import book_cash, book_cash_undone
from services.payments.intents.domain.intents import Ended, Intent, IntentTransitionRefused
from services.payments.intents.domain.references import candidates, new_reference
from services.payments.transfers.domain.bank import BankTransfer, TransferContradicted, refuse_contradiction
from services.payments.transfers.domain.matching import Allocate, Suspend, match
from services.payments.transfers.domain.postings import Ending, book_freed, book_transfer
from shared.events.words import IntentStatus, SuspenseReason
from shared.ids import CashId, IntentId, MerchantId, TransferId
from shared.money import Dong
from tests.support.ledger_check import balances, balances_by_source, find_violations
from tests.support.payments import OPENED, open_intent_of
from tests.support.scope import examples

DEADLINE = OPENED + timedelta(minutes=15)
MERCHANTS = {"1031900078": MerchantId("nha-vuong"), "8300200000001": MerchantId("lung-cu")}
ACCOUNTS = sorted(MERCHANTS)
CODES = [new_reference(partial(int, value)) for value in (1 << 30, 12345, 987654321, 5, 2**35 - 7)]

accounts = st.sampled_from(ACCOUNTS)
amounts = st.integers(1, 300_000).map(Dong)
STATUSES: tuple[IntentStatus, ...] = get_args(IntentStatus)


@st.composite
def drawn_intents(draw: st.DrawFn) -> Intent:
    amount_vnd = draw(amounts)
    intent = open_intent_of(amount_vnd, draw(st.sampled_from(CODES)), draw(accounts), number=draw(st.integers(0, 9)))
    return replace(intent, paid_vnd=Dong(draw(st.integers(0, amount_vnd))), status=draw(st.sampled_from(STATUSES)))


def transfer_of(account: str, amount_vnd: Dong, memo: str, number: int) -> BankTransfer:
    return BankTransfer(
        provider="sepay",
        provider_id=str(number),
        bank_reference=f"FT{number}",
        account=account,
        direction="in",
        amount_vnd=amount_vnd,
        memo=memo,
        provider_code=None,
        occurred_at=DEADLINE + timedelta(minutes=number % 20 - 10),
        bank_code="",
    )


@settings(max_examples=examples(1_000))
@given(
    accounts,
    amounts,
    st.lists(st.sampled_from(CODES)),
    st.lists(drawn_intents(), max_size=6, unique_by=lambda intent: intent.intent_id),
)
def test_at_most_one_intent_wins_and_takes_no_more_than_its_due(
    account: str, amount_vnd: Dong, codes: list[str], intents: list[Intent]
) -> None:
    memo = " ".join(codes)
    transfer = transfer_of(account, amount_vnd, memo, 1)
    found = candidates(memo)
    outcome = match(transfer, found, intents)
    assert match(transfer, found, intents[::-1]).__class__ is outcome.__class__
    could_win = {
        intent.intent_id
        for intent in intents
        if intent.account_number == account and intent.status != "cancelled" and intent.reference in found
    }
    if isinstance(outcome, Allocate):
        assert could_win == {outcome.intent_id}
        assert outcome.allocated_vnd > 0
        assert outcome.surplus_vnd >= 0
        assert outcome.allocated_vnd + outcome.surplus_vnd == amount_vnd
        assert any(
            intent.intent_id == outcome.intent_id and intent.paid_vnd + outcome.allocated_vnd <= intent.amount_vnd
            for intent in intents
        )
    else:
        assert set(outcome.proposed) <= {intent.intent_id for intent in intents}
        assert outcome.reason != "no_reference" or not found


class MoneyHistory(RuleBasedStateMachine):
    """What the use-cases do, in memory: hear, match, book, free, refund; duplicates and contradictions too."""

    @initialize(due=st.lists(amounts, min_size=len(CODES), max_size=len(CODES)))
    def open_intents(self, due: list[Dong]) -> None:
        self.postings: list[Posting] = []
        self.accepted: dict[TransferId, Dong] = {}
        self.known: dict[tuple[str, str], BankTransfer] = {}
        self.in_suspense: dict[tuple[TransferId, SuspenseReason], Dong] = {}
        self.merchants: dict[TransferId, MerchantId] = {}
        self.cash: dict[CashId, Posting] = {}
        self.number = 0
        self.intents = {
            IntentId(UUID(int=index)): open_intent_of(amount_vnd, CODES[index], ACCOUNTS[index % 2], number=index)
            for index, amount_vnd in enumerate(due)
        }

    @rule(account=accounts, amount_vnd=amounts, codes=st.lists(st.sampled_from(CODES), max_size=2))
    def hear(self, account: str, amount_vnd: Dong, codes: list[str]) -> None:
        self.number += 1
        self._accept(transfer_of(account, amount_vnd, " va ".join(codes), self.number))

    @rule(number=st.integers(0, len(CODES) - 1), more_vnd=st.integers(-2, 2))
    def pay_about_the_rest(self, number: int, more_vnd: int) -> None:
        intent = self.intents[IntentId(UUID(int=number))]
        self.number += 1
        amount_vnd = Dong(max(1, intent.due_vnd + more_vnd))
        self._accept(transfer_of(intent.account_number, amount_vnd, intent.reference, self.number))

    @rule(data=st.data(), other_amount=st.booleans())
    def hear_again(self, data: st.DataObject, other_amount: bool) -> None:
        if not self.known:
            return
        before = list(self.postings)
        again = data.draw(st.sampled_from(sorted(self.known.values(), key=lambda known: known.bank_reference)))
        try:
            self._accept(replace(again, amount_vnd=Dong(again.amount_vnd + 1)) if other_amount else again)
        except TransferContradicted:
            assert other_amount
        else:
            assert not other_amount
        assert self.postings == before

    @rule(number=st.integers(0, len(CODES) - 1), how=st.sampled_from(get_args(Ended)))
    def time_passes(self, number: int, how: Ended) -> None:
        intent = self.intents[IntentId(UUID(int=number))]
        try:
            ended = intent.ended(how)
        except IntentTransitionRefused:
            return
        if intent.paid_vnd and not ended.paid_vnd:
            self._free(intent, "order_cancelled" if how == "cancelled" else "order_unfulfilled")
        self.intents[intent.intent_id] = ended

    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        if not self.in_suspense:
            return
        transfer_id, reason = waiting = data.draw(st.sampled_from(sorted(self.in_suspense)))
        merchant, left_vnd = self.merchants[transfer_id], self.in_suspense.pop(waiting)
        amount_vnd = Dong(data.draw(st.integers(1, left_vnd)))
        self.postings.append(
            Posting(
                debit=suspense(merchant),
                credit=refunded(merchant),
                amount_vnd=amount_vnd,
                kind="refund_sent",
                source_id=transfer_id,
            )
        )
        if left_vnd > amount_vnd:
            self._suspend(transfer_id, reason, Dong(left_vnd - amount_vnd))

    @rule(account=accounts, amount_vnd=amounts)
    def take_cash(self, account: str, amount_vnd: Dong) -> None:
        cash_id = CashId(UUID(int=10**9 + len(self.postings)))
        self.cash[cash_id] = book_cash(MERCHANTS[account], cash_id, amount_vnd)
        self.postings.append(self.cash[cash_id])

    @rule(data=st.data())
    def undo_cash(self, data: st.DataObject) -> None:
        if self.cash:
            recorded = self.cash.pop(data.draw(st.sampled_from(sorted(self.cash))))
            self.postings.append(book_cash_undone(recorded))

    @invariant()
    def no_dong_is_unaccounted_for(self) -> None:
        due = {intent.intent_id: intent.amount_vnd for intent in self.intents.values()}
        assert find_violations(self.postings, self.accepted, due) == []
        lying = balances(self.postings)
        for intent in self.intents.values():
            assert lying.get(allocated(intent.intent_id), 0) == intent.paid_vnd
        by_transfer = balances_by_source(self.postings)
        for transfer_id, merchant in self.merchants.items():
            waiting_vnd = sum(vnd for (waiting, _), vnd in self.in_suspense.items() if waiting == transfer_id)
            assert by_transfer.get((transfer_id, suspense(merchant)), 0) == waiting_vnd
        for merchant in MERCHANTS.values():
            still_recorded = sum(p.amount_vnd for p in self.cash.values() if p.debit == cash(merchant))
            assert lying.get(cash(merchant), 0) == still_recorded

    def _accept(self, transfer: BankTransfer) -> None:
        identity = transfer.account, transfer.bank_reference
        if identity in self.known:
            refuse_contradiction(self.known[identity].amount_vnd, transfer)
            return
        self.known[identity] = transfer
        outcome = match(transfer, candidates(transfer.memo), list(self.intents.values()))
        transfer_id = TransferId(UUID(int=10**3 + len(self.known)))
        merchant = MERCHANTS[transfer.account]
        self.accepted[transfer_id] = transfer.amount_vnd
        self.merchants[transfer_id] = merchant
        self.postings.extend(book_transfer(merchant, transfer_id, transfer.amount_vnd, outcome))
        if isinstance(outcome, Suspend):
            self._suspend(transfer_id, outcome.reason, transfer.amount_vnd)
            return
        self._pay(self.intents[outcome.intent_id], outcome, transfer.occurred_at)
        if outcome.surplus_vnd:
            self._suspend(transfer_id, "surplus", outcome.surplus_vnd)

    def _suspend(self, transfer_id: TransferId, reason: SuspenseReason, amount_vnd: Dong) -> None:
        waiting_vnd = self.in_suspense.get((transfer_id, reason), 0)
        self.in_suspense[transfer_id, reason] = Dong(waiting_vnd + amount_vnd)

    def _free(self, intent: Intent, ending: Ending) -> None:
        account = allocated(intent.intent_id)
        allocations = [
            Allocation(TransferId(source), Dong(vnd))
            for (source, lying_on), vnd in balances_by_source(self.postings).items()
            if lying_on == account and vnd
        ]
        self.postings.extend(book_freed(MERCHANTS[intent.account_number], intent.intent_id, allocations, ending))
        for allocation in allocations:
            self._suspend(
                allocation.transfer_id,
                "order_cancelled" if ending == "order_cancelled" else "late_no_places",
                allocation.amount_vnd,
            )

    def _pay(self, intent: Intent, outcome: Allocate, now: datetime) -> None:
        paid = intent.paid(outcome.allocated_vnd, outcome.amount_state, outcome.timing, now)
        assert paid.is_paid == (paid.status == "settled")
        self.intents[intent.intent_id] = paid


TestMoneyHistory = MoneyHistory.TestCase
TestMoneyHistory.settings = settings(max_examples=examples(80), stateful_step_count=40, deadline=None)
