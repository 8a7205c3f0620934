"""The inbox: an event's id is inserted by the transaction that handles it, so it is handled once."""

from typing import Literal

from shared.storage.db import Connection
from shared.unit.statements import SQL

Claim = Literal["first", "again", "differs"]


async def claim(connection: Connection, ce_id: str, content: bytes) -> Claim:
    """Whether an event's id is seen for the first time, again, or again with another content.

    Waits for another transaction that handles it now.
    """
    if await connection.fetchval(SQL["claim_inbox"], ce_id, content):
        return "first"
    # What was handled before contents were kept has none: it is taken for the same.
    known: bytes | None = await connection.fetchval(SQL["content_of_inbox"], ce_id)
    return "again" if known is None or known == content else "differs"


async def known(connection: Connection, ce_ids: list[str]) -> set[str]:
    """Which of these events have been handled."""
    return {row["ce_id"] for row in await connection.fetch(SQL["known_inbox"], ce_ids)}
