"""Cash that an owner took: how much at most, how long it may be taken back, and how it is posted. Pure.

Cash and bank money never meet in a posting.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.payments.books.domain import Posting, cash, cash_sales
from services.payments.intents.domain.charges import MOST_CHARGE_VND
from shared.errors import Conflict, DomainError
from shared.events.words import CashStatus
from shared.ids import CashId, MerchantId, VenueId
from shared.money import ZERO, Dong

MOST_CASH_VND = MOST_CHARGE_VND
UNDO_WITHIN = timedelta(seconds=60)
"""The button shows for 10 s; the rest is grace for a slow network."""


class CashAmountRefused(DomainError):
    """Cash is recorded from one đồng up to what an owner may charge."""

    code = "cash_amount_refused"


class CashUndoTooLate(Conflict):
    """Cash is taken back within a minute, later only by a correction."""

    code = "cash_undo_too_late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash:
    """Cash taken at a venue; who recorded it stays in the database."""

    cash_id: CashId
    merchant_id: MerchantId
    venue_id: VenueId
    status: CashStatus = "recorded"
    amount_vnd: Dong
    business_date: date
    occurred_at: datetime
    recorded_at: datetime
    offline: bool = False
    version: int = 1

    def is_fresh(self, now: datetime) -> bool:
        """Whether it was recorded so lately that its page still offers, or tells of, taking it back."""
        return now - self.recorded_at < UNDO_WITHIN

    def undone(self, now: datetime) -> "Cash":
        """The cash taken back; itself if it was before; CashUndoTooLate after UNDO_WITHIN."""
        if self.status == "undone":
            return self
        if not self.is_fresh(now):
            raise CashUndoTooLate
        return replace(self, status="undone", version=self.version + 1)


def refuse_cash_of(amount_vnd: Dong) -> None:
    """Raises CashAmountRefused for what is no cash of an owner."""
    if not ZERO < amount_vnd <= MOST_CASH_VND:
        raise CashAmountRefused(most_vnd=MOST_CASH_VND)


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
