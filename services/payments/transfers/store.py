"""Transfers and suspended money as rows."""

from datetime import datetime
from pathlib import Path

from services.payments.transfers.domain.bank import BankTransfer
from services.payments.transfers.domain.transfers import SuspendedMoney, Transfer, Waiting
from shared.money import Dong
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def insert_transfer(connection: Connection, transfer: Transfer) -> bool:
    """False if this transfer is known, by the bank's reference or the provider's id."""
    heard = transfer.heard
    found = await connection.fetchval(
        SQL["insert_transfer"],
        transfer.transfer_id,
        transfer.merchant_id,
        heard.account,
        heard.bank_reference,
        heard.provider,
        heard.provider_id,
        heard.amount_vnd,
        heard.occurred_at,
        transfer.recorded_at,
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


async def insert_suspended(connection: Connection, suspended: SuspendedMoney, now: datetime) -> Waiting:
    """What of this transfer now waits for this reason."""
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
    return Waiting(Dong(row["amount_vnd"]), int(row["version"]), str(row["bank_code"]))
