from typing import Literal

class QRPay:
    def __init__(
        self,
        bin_id: str,
        consumer_id: str,
        transaction_amount: int | None = None,
        purpose_of_transaction: str | None = None,
        *,
        point_of_initiation_method: Literal["STATIC", "DYNAMIC"] = "DYNAMIC",
        service_code: Literal["CARD", "ACCOUNT"] = "ACCOUNT",
        bill_number: str | None = None,
    ) -> None: ...
    @property
    def code(self) -> str: ...
