"""The ledger as rows, which are never updated."""

from collections.abc import Sequence
from datetime import datetime

from services.payments.books.domain import Allocation, Posting
from services.payments.books.store import SQL
from shared.ids import IntentId, TransferId
from shared.money import Dong
from shared.storage.db import Connection
from shared.unit.seals import Sealed

POSTINGS = Sealed("postings", SQL["seal_postings"], SQL["broken_seals_of_postings"])


async def allocations_of_intent(connection: Connection, intent_id: IntentId) -> list[Allocation]:
    """What each transfer has on an intent, the oldest first."""
    rows = await connection.fetch(SQL["allocations_of_intent"], f"allocated:{intent_id}")
    return [Allocation(TransferId(row["transfer_id"]), Dong(row["amount_vnd"])) for row in rows]


async def insert_postings(connection: Connection, postings: Sequence[Posting], now: datetime) -> None:
    """Entries in their order, each in full."""
    if postings:
        await connection.execute(
            SQL["insert_postings"],
            [posting.source_id for posting in postings],
            [posting.kind for posting in postings],
            [posting.debit.name for posting in postings],
            [posting.credit.name for posting in postings],
            [posting.amount_vnd for posting in postings],
            now,
        )
