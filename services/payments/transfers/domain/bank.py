"""A bank transfer as we heard of it, whoever told us."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.errors import DomainError
from shared.money import Dong

Direction = Literal["in", "out"]


class BrokenTransfer(Exception):
    """A provider's message breaks its contract. `reason` names the field, never its value: that may be personal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TransferContradicted(DomainError):
    """A transfer we know was told again with another amount: an error to show, never an update."""

    code, status = "transfer_contradicted", 409


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTransfer:
    """One movement on a merchant's account. `account` is the merchant's, `amount_vnd` > 0 in both directions.

    `bank_reference` is the bank's own, `provider_id` the messenger's. `bank_code` is the BIN of the bank that
    reported, which is the receiving one, or "" if unknown. Memo and account are personal data, so they stay out of
    repr and thus of logs.
    """

    provider: str
    provider_id: str
    bank_reference: str
    account: str = field(repr=False)
    direction: Direction
    amount_vnd: Dong
    memo: str = field(repr=False)
    provider_code: str | None = field(repr=False)
    occurred_at: datetime
    bank_code: str


def refuse_contradiction(known_amount_vnd: Dong, heard: BankTransfer) -> None:
    """Raises TransferContradicted unless a transfer heard again has the amount we know of it."""
    if heard.amount_vnd != known_amount_vnd:
        raise TransferContradicted(known_amount_vnd=known_amount_vnd, heard_amount_vnd=heard.amount_vnd)
