"""What an owner's pages and live stream show, made of rows. It changes nothing."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from services.payments.intents.domain.intents import is_expired
from services.payments.intents.store import Intent, find_intent_of_order
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
from shared.ids import OrderId, VenueId
from shared.money import Dong, share_basis_points
from shared.qr.banks import BANKS
from shared.storage.db import Connection

ChargeState = Literal["waiting", "partial", "paid", "over", "expired", "cancelled"]
PRESETS_VND = (Dong(50_000), Dong(100_000), Dong(200_000), Dong(500_000))
_TAKINGS = 10
_TAKINGS_OF = timedelta(days=30)
# A page that was not seen for longer shows what came meanwhile, and is silent about it.
_RINGS_FOR = timedelta(hours=1)
_RINGS = 50


class UnknownCharge(NotFound):
    """No charge of this venue has this id."""

    code = "unknown_charge"


@dataclass(frozen=True, slots=True)
class ChargeView:
    """One charge as its page shows it; `over_vnd` came beyond the amount."""

    order_id: UUID
    state: ChargeState
    amount_vnd: Dong
    paid_vnd: Dong
    due_vnd: Dong
    over_vnd: Dong
    expires_at: datetime
    expires_in_s: int
    qr_payload: str
    reference: str
    bank_name: str
    account_number: str
    account_name: str

    def live(self) -> dict[str, object]:
        """What the stream sends: only what can change, so that nothing is sent twice."""
        amounts = {"amount_vnd": self.amount_vnd, "paid_vnd": self.paid_vnd, "due_vnd": self.due_vnd}
        return {"state": self.state, "over_vnd": self.over_vnd, **amounts}


@dataclass(frozen=True, slots=True)
class HomeView:
    """The owner's day; `received` is what lately came by transfer, for a page to tell what is new to it."""

    today: date
    day: Day
    total_vnd: int
    share: int | None
    takings: list[Taking]
    received: list[Received]

    @property
    def shows(self) -> str:
        """Another text as soon as the page shows other sums or payments."""
        return hashlib.sha256(msgspec.json.encode((self.today, self.day, self.takings))).hexdigest()[:16]

    def live(self) -> dict[str, object]:
        """What the stream sends: whether to look at the page anew, and the money to ring for."""
        return {"shows": self.shows, "received": self.received}


async def get_charge(connection: Connection, order_id: OrderId, venues: Collection[VenueId]) -> Intent:
    """A charge of these venues; UnknownCharge also for one of another, so that nobody learns that it exists."""
    intent = await find_intent_of_order(connection, order_id)
    if intent is None or intent.venue_id not in venues or intent.channel != "owner":
        raise UnknownCharge
    return intent


async def charge_view(connection: Connection, intent: Intent, now: datetime) -> ChargeView:
    over = intent.status == "settled" and intent.amount_state == "over"
    return ChargeView(
        order_id=intent.order_id,
        state=_state(intent, now),
        amount_vnd=intent.amount_vnd,
        paid_vnd=intent.paid_vnd,
        due_vnd=Dong(intent.amount_vnd - intent.paid_vnd),
        over_vnd=await surplus_of_intent(connection, intent) if over else Dong(0),
        expires_at=intent.expires_at,
        expires_in_s=max(0, (intent.expires_at - now) // timedelta(seconds=1)),
        qr_payload=intent.qr_payload,
        reference=intent.reference,
        bank_name=BANKS[intent.bank_bin].name,
        account_number=intent.account_number,
        account_name=intent.account_name,
    )


async def home_view(connection: Connection, venue_id: VenueId, now: datetime) -> HomeView:
    today = local_date(now)
    day = await day_of_venue(connection, venue_id, today)
    total = day.cashless_vnd + day.cash_vnd
    return HomeView(
        today=today,
        day=day,
        total_vnd=total,
        share=share_basis_points(day.cashless_vnd, total),
        takings=await last_takings(connection, venue_id, today - _TAKINGS_OF, now, _TAKINGS),
        received=await last_received(connection, venue_id, today - _TAKINGS_OF, now - _RINGS_FOR, _RINGS),
    )


def _state(intent: Intent, now: datetime) -> ChargeState:
    """Nobody but the clock ends an owner's charge, so its row stays open after the deadline."""
    match intent.status:
        case "settled":
            return "over" if intent.amount_state == "over" else "paid"
        case "cancelled" | "expired":
            return intent.status
        case "open" | "partial":
            if intent.paid_vnd > 0:
                return "partial"
            return "expired" if is_expired(intent.expires_at, now) else "waiting"
