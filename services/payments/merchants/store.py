"""Merchants and venues as rows."""

from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from services.payments.merchants.domain import Merchant, Venue
from shared.events.ticketing import VenueChanged
from shared.ids import VenueId
from shared.storage.db import Connection
from shared.storage.sql import load

SQL = load(Path(__file__).parent / "sql")


async def merchants_of_venues(connection: Connection, venues: Collection[VenueId]) -> dict[VenueId, Merchant]:
    rows = await connection.fetch(SQL["merchants_of_venues"], list(venues))
    return {row["venue_id"]: msgspec.convert(dict(row), Merchant) for row in rows}


async def merchants_of_accounts(connection: Connection, accounts: Collection[str]) -> dict[str, Merchant]:
    """By account number."""
    rows = await connection.fetch(SQL["merchants_of_accounts"], list(accounts))
    return {row["account_number"]: msgspec.convert(dict(row), Merchant) for row in rows}


async def upsert_venue(connection: Connection, event: VenueChanged) -> None:
    await connection.execute(
        SQL["upsert_venue"],
        event.venue_id,
        event.name_vi,
        event.name_en,
        event.kind,
        event.old_district_code,
        event.new_commune_code,
        event.version,
    )


async def find_venue(connection: Connection, venue_id: VenueId) -> Venue | None:
    row = await connection.fetchrow(SQL["find_venue"], venue_id)
    return None if row is None else Venue(venue_id, row["old_district_code"], row["new_commune_code"])


async def upsert_merchant(connection: Connection, merchant: Merchant) -> bool:
    """True if the merchant is new."""
    inserted = await connection.fetchval(
        SQL["upsert_merchant"],
        merchant.merchant_id,
        merchant.venue_id,
        merchant.name,
        merchant.bank_bin,
        merchant.account_number,
        merchant.account_name,
    )
    return inserted is not None


async def names_of_venues(connection: Connection, venues: Sequence[VenueId]) -> dict[VenueId, dict[str, str]]:
    """Each venue's name by language, in the order given; its id, where ticketing has not told of it yet."""
    rows = await connection.fetch(SQL["names_of_venues"], venues)
    known = {row["venue_id"]: {"vi": row["name_vi"], "en": row["name_en"]} for row in rows}
    return {venue_id: known.get(venue_id, {"vi": venue_id, "en": venue_id}) for venue_id in venues}
