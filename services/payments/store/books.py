"""Transfers, suspense and the ledger as rows. Nothing here is ever updated but a suspense's own state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.payments.domain.bank import BankTransfer
from services.payments.domain.ledger import Posting, Share
from services.payments.domain.matching import SuspenseReason
from services.payments.store import SQL
from shared.ids import IntentId, MerchantId, OrderId, TransferId
from shared.money import Dong
from shared.storage.db import Connection


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


async def shares_of_intent(connection: Connection, intent_id: IntentId) -> list[Share]:
    """What each transfer has on an intent, the oldest first."""
    rows = await connection.fetch(SQL["shares_of_intent"], f"allocated:{intent_id}")
    return [Share(TransferId(row["transfer_id"]), Dong(row["amount_vnd"])) for row in rows]


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


async def insert_postings(connection: Connection, postings: Sequence[Posting], now: datetime) -> None:
    for posting in postings:
        await connection.execute(
            SQL["insert_posting"],
            posting.source_id,
            posting.kind,
            posting.debit.name,
            posting.credit.name,
            posting.amount_vnd,
            now,
        )
