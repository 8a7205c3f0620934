"""Transfers and suspended money as rows."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.payments.transfers.domain.bank import BankTransfer
from shared.events.words import SuspenseReason
from shared.ids import IntentId, MerchantId, OrderId, TransferId
from shared.money import Dong
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


@dataclass(frozen=True, slots=True)
class Suspended:
    """Money of one transfer that waits for a person for one reason; `order_id` is the order it was meant for."""

    transfer_id: TransferId
    merchant_id: MerchantId
    amount_vnd: Dong
    reason: SuspenseReason
    proposal: tuple[IntentId, ...]
    order_id: OrderId | None


async def insert_transfer(
    connection: Connection, transfer_id: TransferId, merchant_id: MerchantId, heard: BankTransfer, now: datetime
) -> bool:
    """False if this transfer is known, by the bank's reference or the provider's id."""
    found = await connection.fetchval(
        SQL["insert_transfer"],
        transfer_id,
        merchant_id,
        heard.account,
        heard.bank_reference,
        heard.provider,
        heard.provider_id,
        heard.amount_vnd,
        heard.occurred_at,
        now,
        heard.bank_code,
        heard.memo,
    )
    return found is not None


async def known_amount(connection: Connection, heard: BankTransfer) -> Dong:
    """The amount booked for a transfer that is known."""
    return Dong(
        int(
            await connection.fetchval(
                SQL["find_transfer_amount"], heard.account, heard.bank_reference, heard.provider, heard.provider_id
            )
        )
    )


async def insert_suspended(connection: Connection, suspended: Suspended, now: datetime) -> tuple[Dong, int, str]:
    """What of this transfer now waits for this reason, the version of that, and the bank that reported it."""
    row = await connection.fetchrow(
        SQL["insert_suspended"],
        suspended.transfer_id,
        suspended.merchant_id,
        suspended.amount_vnd,
        suspended.reason,
        suspended.proposal,
        suspended.order_id,
        now,
    )
    assert row is not None
    return Dong(row["amount_vnd"]), int(row["version"]), str(row["bank_code"])
