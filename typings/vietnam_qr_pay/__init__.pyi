from enum import Enum

class VietQRService(str, Enum):
    BY_ACCOUNT_NUMBER = "QRIBFTTA"
    BY_CARD_NUMBER = "QRIBFTTC"

class AdditionalData:
    bill_number: str | None
    purpose: str | None

class Consumer:
    bank_bin: str | None
    bank_number: str | None

class QRPay:
    is_valid: bool
    init_method: str | None
    amount: str | None
    consumer: Consumer
    additional_data: AdditionalData
    def __init__(self, content: str | None = None) -> None: ...
    def build(self) -> str: ...
    @classmethod
    def init_viet_qr(
        cls,
        bank_bin: str,
        bank_number: str,
        amount: str | None = None,
        purpose: str | None = None,
        service: VietQRService | None = None,
    ) -> QRPay: ...
