"""A transfer as the simulated bank books it, and SePay's webhook body that tells of it. Pure."""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime

from shared.clock import ZONE
from shared.money import Dong
from shared.qr.banks import BANKS
from shared.qr.vietqr import TransferQr

# SePay's own numbers are small; ours stay whole in every language that reads JSON numbers as doubles.
_ID_LIMIT = 2**53


@dataclass(frozen=True, slots=True)
class Payment:
    """What a payer's app sends off: as the QR asks, or as the payer changed it."""

    bank_bin: str
    account: str = field(repr=False)
    amount_vnd: Dong
    memo: str = field(repr=False)

    @staticmethod
    def of(qr: TransferQr, amount_vnd: Dong, memo: str) -> "Payment":
        return Payment(qr.bank_bin, qr.account, amount_vnd, memo)


@dataclass(frozen=True, slots=True)
class Transfer:
    """One booked payment. `memo` is what the banks on the way made of the payer's."""

    payment: Payment
    provider_id: int
    bank_reference: str
    memo: str = field(repr=False)
    booked_at: datetime

    def sepay_body(self) -> bytes:
        """The body that SePay's webhook would post. Source: developer.sepay.vn/en/sepay-webhooks."""
        bank = BANKS[self.payment.bank_bin]
        body = {
            "id": self.provider_id,
            "gateway": bank.name,
            "transactionDate": f"{self.booked_at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}",
            "accountNumber": self.payment.account,
            "subAccount": None,
            "code": None,
            "content": self.memo,
            "transferType": "in",
            "description": f"BankAPINotify {self.memo}",
            "transferAmount": self.payment.amount_vnd,
            "accumulated": 0,
            "referenceCode": self.bank_reference,
        }
        return json.dumps(body, ensure_ascii=False).encode()


def book(payment: Payment, name: str, memo: str, now: datetime) -> Transfer:
    """The transfer of a payment with this name; the same name always gets the same identifiers.

    So a payment that is sent again, even after a restart, is known to payments as the one it already heard of.
    """
    digest = hashlib.sha256(name.encode()).digest()
    provider_id = int.from_bytes(digest[:8], "big") % (_ID_LIMIT - 1) + 1
    return Transfer(payment, provider_id, f"FT{digest[8:16].hex().upper()}", memo, now)
