"""How cash is posted. Cash and bank money never meet in a posting. Pure."""

from services.payments.books.domain import Posting, cash, cash_sales
from shared.ids import CashId, MerchantId
from shared.money import Dong


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
