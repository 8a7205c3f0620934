"""The inbox: an event's id is inserted by the transaction that handles it, so it is handled once."""

from shared.storage.db import Connection
from shared.unit.statements import SQL


async def claim(connection: Connection, ce_id: str) -> bool:
    """True the first time an event's id is seen; waits for another transaction that handles it now."""
    return bool(await connection.fetchval(SQL["claim_inbox"], ce_id))


async def known(connection: Connection, ce_ids: list[str]) -> set[str]:
    """Which of these events have been handled."""
    return {row["ce_id"] for row in await connection.fetch(SQL["known_inbox"], ce_ids)}
