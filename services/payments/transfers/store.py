"""Transfers and suspended money as rows."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.payments.transfers.domain.bank import BankTransfer
from services.payments.transfers.domain.transfers import SuspendedMoney, Transfer, Waiting
from shared.ids import TransferId
from shared.money import Dong
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def insert_transfers(connection: Connection, transfers: Sequence[Transfer]) -> set[TransferId]:
    """Those that are new: the others are known, by the bank's reference or the provider's id, some from this list."""
    heard = [transfer.heard for transfer in transfers]
    rows = await connection.fetch(
        SQL["insert_transfers"],
        [transfer.transfer_id for transfer in transfers],
        [transfer.merchant_id for transfer in transfers],
        [one.account for one in heard],
        [one.bank_reference for one in heard],
        [one.provider for one in heard],
        [one.provider_id for one in heard],
        [one.amount_vnd for one in heard],
        [one.occurred_at for one in heard],
        [transfer.recorded_at for transfer in transfers],
        [one.bank_code for one in heard],
        [one.memo for one in heard],
    )
    return {TransferId(row["transfer_id"]) for row in rows}


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
