"""The inbox: an event's id is inserted by the transaction that handles it, so it is handled once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.errors import DataFault
from shared.storage.db import Connection
from shared.unit.statements import SQL


@dataclass(frozen=True, slots=True)
class Heard:
    """An event to be handled once: its identifier, and 16 bytes that tell its content from another under the same.

    may_differ: whoever says it may use an identifier twice, and each content counts.
    """

    ce_id: str
    content: bytes
    may_differ: bool = False


async def claim(connection: Connection, heard: Sequence[Heard]) -> list[bool]:
    """Whether each is heard for the first time, also in this list. Waits for another transaction that handles one now.

    Raises DataFault for one whose identifier was handled with another content.
    """
    rows = await connection.fetch(SQL["claim_inbox"], [one.ce_id for one in heard], [one.content for one in heard])
    first = {row["ce_id"] for row in rows}
    if len(first) == len(heard):
        return [True] * len(heard)
    # What was handled before contents were kept has none: it is taken for the same.
    rows = await connection.fetch(SQL["contents_of_inbox"], [one.ce_id for one in heard])
    known: dict[str, bytes | None] = {row["ce_id"]: row["content"] for row in rows}
    is_new: list[bool] = []
    for one in heard:
        differs = known[one.ce_id] not in (None, one.content)
        if differs and not one.may_differ:
            raise DataFault("repeated_id", "an event of this identifier was handled, and it said something else")
        if differs:
            is_new += await claim(connection, [replace(one, ce_id=f"{one.ce_id}#{one.content.hex()}")])
            continue
        is_new.append(one.ce_id in first)
        first.discard(one.ce_id)
    return is_new


async def known(connection: Connection, ce_ids: list[str]) -> set[str]:
    """Which of these events have been handled."""
    return {row["ce_id"] for row in await connection.fetch(SQL["known_inbox"], ce_ids)}
