"""What an owner looks at: one venue's day, and one charge. It reads several rooms' rows and changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.payments.cash.domain import Cash
from services.payments.cash.store import find_cash
from services.payments.intents.domain.intents import Intent
from services.payments.intents.store import find_charge
from services.payments.merchants.store import names_of_venues
from services.payments.owner.store import (
    Day,
    Received,
    Taking,
    day_of_venue,
    last_received,
    last_takings,
    surplus_of_intent,
)
from shared.clock import local_date
from shared.errors import NotFound
from shared.ids import CashId, OrderId, VenueId
from shared.money import ZERO, Dong
from shared.storage.db import Connection

_TAKINGS = 10
_TAKINGS_OF = timedelta(days=30)
# A page that was not seen for longer shows what came meanwhile, and is silent about it.
_RINGS_FOR = timedelta(hours=1)
_RINGS = 50


class UnknownCharge(NotFound):
    """No charge of this venue has this id."""

    code = "unknown_charge"


@dataclass(frozen=True, slots=True)
class SeeDay:
    venue_id: VenueId
    now: datetime


@dataclass(frozen=True, slots=True)
class SeenDay:
    """A venue's day up to now, with its last takings and what lately came by transfer."""

    now: datetime
    day: Day
    takings: list[Taking]
    received: list[Received]


@dataclass(frozen=True, slots=True)
class SeeHome:
    """venues: all of whoever asks. cash_id: of cash that was just recorded, or taken back, at the venue shown."""

    shown: SeeDay
    venues: tuple[VenueId, ...]
    cash_id: UUID | None


@dataclass(frozen=True, slots=True)
class SeenHome:
    """names: of each venue by language. cash: only while it may be taken back, or tells that it was."""

    day: SeenDay
    names: dict[VenueId, dict[str, str]]
    cash: Cash | None


@dataclass(frozen=True, slots=True)
class SeeCharge:
    """By somebody of these venues."""

    order_id: OrderId
    venues: tuple[VenueId, ...]


@dataclass(frozen=True, slots=True)
class SeenCharge:
    """over_vnd came beyond the amount and waits to go back."""

    charge: Intent
    over_vnd: Dong


async def see_day(connection: Connection, asked: SeeDay) -> SeenDay:
    venue_id, now = asked.venue_id, asked.now
    today = local_date(now)
    return SeenDay(
        now,
        await day_of_venue(connection, venue_id, today),
        await last_takings(connection, venue_id, today - _TAKINGS_OF, now, _TAKINGS),
        await last_received(connection, venue_id, today - _TAKINGS_OF, now - _RINGS_FOR, _RINGS),
    )


async def see_home(connection: Connection, asked: SeeHome) -> SeenHome:
    shown, cash = asked.shown, None
    if asked.cash_id is not None:
        cash = await find_cash(connection, CashId(asked.cash_id), (shown.venue_id,))
    return SeenHome(
        await see_day(connection, shown),
        await names_of_venues(connection, asked.venues),
        cash if cash is not None and cash.is_fresh(shown.now) else None,
    )


async def see_charge(connection: Connection, asked: SeeCharge) -> SeenCharge:
    """UnknownCharge also for one of another venue, so that nobody learns that it exists."""
    charge = await find_charge(connection, asked.order_id, asked.venues)
    if charge is None:
        raise UnknownCharge
    is_over = charge.status == "settled" and charge.amount_state == "over"
    return SeenCharge(charge, await surplus_of_intent(connection, charge.intent_id) if is_over else ZERO)
