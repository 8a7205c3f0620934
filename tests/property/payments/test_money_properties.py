"""Random histories of transfers, duplicates, parts, refunds and cash: no đồng is ever unaccounted for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import get_args
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.payments.books.domain import Posting, Share, allocated, cash, refunded, suspense
from services.payments.cash.domain import book_cash, book_cash_undone
from services.payments.intents.domain.intents import IntentTransitionRefused, Trigger, next_status
from services.payments.intents.domain.references import candidates, new_reference
from services.payments.transfers.domain.bank import BankTransfer, TransferContradicted, refuse_contradiction
from services.payments.transfers.domain.matching import Allocate, IntentView, Suspend, match
from services.payments.transfers.domain.postings import Ending, book_freed, book_transfer
from shared.events.words import IntentStatus, SuspenseReason
from shared.ids import CashId, IntentId, MerchantId, TransferId
from shared.money import Dong
from tests.support.ledger_check import balances, balances_by_source, find_violations
from tests.support.scope import examples

DEADLINE = datetime(2026, 11, 1, 3, 15, tzinfo=UTC)
MERCHANTS = {"1031900078": MerchantId("nha-vuong"), "8300200000001": MerchantId("lung-cu")}
ACCOUNTS = sorted(MERCHANTS)
CODES = [new_reference(partial(int, value)) for value in (1 << 30, 12345, 987654321, 5, 2**35 - 7)]

accounts = st.sampled_from(ACCOUNTS)
amounts = st.integers(1, 300_000).map(Dong)
STATUSES: tuple[IntentStatus, ...] = get_args(IntentStatus)


@st.composite
def intent_views(draw: st.DrawFn) -> IntentView:
    amount_vnd = draw(amounts)
    return IntentView(
        intent_id=IntentId(UUID(int=draw(st.integers(0, 9)))),
        account=draw(accounts),
        reference=draw(st.sampled_from(CODES)),
        amount_vnd=amount_vnd,
        allocated_vnd=Dong(draw(st.integers(0, amount_vnd))),
        status=draw(st.sampled_from(STATUSES)),
        expires_at=DEADLINE,
    )


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
    st.lists(intent_views(), max_size=6, unique_by=lambda view: view.intent_id),
)
def test_at_most_one_intent_wins_and_takes_no_more_than_its_due(
    account: str, amount_vnd: Dong, codes: list[str], intents: list[IntentView]
) -> None:
    memo = " ".join(codes)
    transfer = transfer_of(account, amount_vnd, memo, 1)
    found = candidates(memo)
    outcome = match(transfer, found, intents)
    assert match(transfer, found, intents[::-1]).__class__ is outcome.__class__
    could_win = {
        view.intent_id
        for view in intents
        if view.account == account and view.status != "cancelled" and view.reference in found
    }
    if isinstance(outcome, Allocate):
        assert could_win == {outcome.intent_id}
        assert outcome.allocated_vnd > 0
        assert outcome.surplus_vnd >= 0
        assert outcome.allocated_vnd + outcome.surplus_vnd == amount_vnd
        assert any(
            view.intent_id == outcome.intent_id and view.allocated_vnd + outcome.allocated_vnd <= view.amount_vnd
            for view in intents
        )
    else:
        assert set(outcome.proposed) <= {view.intent_id for view in intents}
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
        self.views = {
            IntentId(UUID(int=index)): IntentView(
                intent_id=IntentId(UUID(int=index)),
                account=ACCOUNTS[index % 2],
                reference=CODES[index],
                amount_vnd=amount_vnd,
                allocated_vnd=Dong(0),
                status="open",
                expires_at=DEADLINE,
            )
            for index, amount_vnd in enumerate(due)
        }

    @rule(account=accounts, amount_vnd=amounts, codes=st.lists(st.sampled_from(CODES), max_size=2))
    def hear(self, account: str, amount_vnd: Dong, codes: list[str]) -> None:
        self.number += 1
        self._accept(transfer_of(account, amount_vnd, " va ".join(codes), self.number))

    @rule(intent=st.integers(0, len(CODES) - 1), more_vnd=st.integers(-2, 2))
    def pay_about_the_rest(self, intent: int, more_vnd: int) -> None:
        view = self.views[IntentId(UUID(int=intent))]
        self.number += 1
        amount_vnd = Dong(max(1, view.amount_vnd - view.allocated_vnd + more_vnd))
        self._accept(transfer_of(view.account, amount_vnd, view.reference, self.number))

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

    @rule(intent=st.integers(0, len(CODES) - 1), trigger=st.sampled_from(["expired", "cancelled", "unfulfilled"]))
    def time_passes(self, intent: int, trigger: Trigger) -> None:
        view = self.views[IntentId(UUID(int=intent))]
        try:
            status = next_status(view.status, trigger)
        except IntentTransitionRefused:
            return
        if status == "cancelled" and view.allocated_vnd:
            self._free(view, "order_cancelled" if trigger == "cancelled" else "order_unfulfilled")
            view = replace(view, allocated_vnd=Dong(0))
        self.views[view.intent_id] = replace(view, status=status)

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
        due = {view.intent_id: view.amount_vnd for view in self.views.values()}
        assert find_violations(self.postings, self.accepted, due) == []
        lying = balances(self.postings)
        for view in self.views.values():
            assert lying.get(allocated(view.intent_id), 0) == view.allocated_vnd
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
        outcome = match(transfer, candidates(transfer.memo), list(self.views.values()))
        transfer_id = TransferId(UUID(int=10**3 + len(self.known)))
        merchant = MERCHANTS[transfer.account]
        self.accepted[transfer_id] = transfer.amount_vnd
        self.merchants[transfer_id] = merchant
        self.postings.extend(book_transfer(merchant, transfer_id, transfer.amount_vnd, outcome))
        if isinstance(outcome, Suspend):
            self._suspend(transfer_id, outcome.reason, transfer.amount_vnd)
            return
        self._pay(self.views[outcome.intent_id], outcome)
        if outcome.surplus_vnd:
            self._suspend(transfer_id, "surplus", outcome.surplus_vnd)

    def _suspend(self, transfer_id: TransferId, reason: SuspenseReason, amount_vnd: Dong) -> None:
        waiting_vnd = self.in_suspense.get((transfer_id, reason), 0)
        self.in_suspense[transfer_id, reason] = Dong(waiting_vnd + amount_vnd)

    def _free(self, view: IntentView, ending: Ending) -> None:
        account = allocated(view.intent_id)
        shares = [
            Share(TransferId(source), Dong(vnd))
            for (source, lying_on), vnd in balances_by_source(self.postings).items()
            if lying_on == account and vnd
        ]
        self.postings.extend(book_freed(MERCHANTS[view.account], view.intent_id, shares, ending))
        for share in shares:
            self._suspend(
                share.transfer_id,
                "order_cancelled" if ending == "order_cancelled" else "late_no_places",
                share.amount_vnd,
            )

    def _pay(self, view: IntentView, outcome: Allocate) -> None:
        self.views[view.intent_id] = replace(
            view,
            allocated_vnd=Dong(view.allocated_vnd + outcome.allocated_vnd),
            status=next_status(view.status, outcome.trigger),
        )


TestMoneyHistory = MoneyHistory.TestCase
TestMoneyHistory.settings = settings(max_examples=examples(80), stateful_step_count=40, deadline=None)
