"""Hashes the links of orders that the release before kept in clear, once nobody may ask for them again. A timer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ticketing.sales.store import orders as order_store
from shared.unit.tx import Tx

# As long as answers to repeated requests are kept.
_ASKED_FOR_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class HashLinks:
    """A timer's command."""


async def hash_links(tx: Tx, command: HashLinks, now: datetime) -> None:
    """Their pages open as before."""
    await order_store.hash_links(tx.connection, now - _ASKED_FOR_AGAIN)
