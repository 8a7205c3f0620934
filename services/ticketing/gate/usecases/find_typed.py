"""The ticket of a short code that was typed at a gate; a phone with a network asks before it goes by its own list."""

from dataclasses import dataclass

from services.ticketing.codes.short_code import UnreadableShortCode, parse
from services.ticketing.gate import store
from services.ticketing.gate.store import TypedTicket
from shared.ids import VenueId
from shared.storage.db import Connection


@dataclass(frozen=True, slots=True)
class TypedCode:
    """What was typed, and where."""

    short_code: str
    venue_id: VenueId


async def find_typed(connection: Connection, typed: TypedCode) -> TypedTicket | None:
    """None for every code that is no ticket of this venue."""
    try:
        code = parse(typed.short_code)
    except UnreadableShortCode:
        return None
    return await store.find_typed_ticket(connection, code, typed.venue_id)
