"""Forgets where orders came from as soon as that counts no more. Runs as a timer."""

from dataclasses import dataclass
from datetime import datetime

from services.ticketing.sales.domain.orders import ADDRESS_COUNTS_FOR
from services.ticketing.sales.store import orders as order_store
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class ForgetAddresses:
    """A timer's command."""


async def forget_addresses(tx: Tx, command: ForgetAddresses, now: datetime) -> None:
    """The key of the day can be worked out again by whoever has ours, so a hash is forgotten, not only its key."""
    await order_store.forget_addresses(tx.connection, now - ADDRESS_COUNTS_FOR)
