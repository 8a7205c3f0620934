"""What an owner's pages and live stream show, made of what was read. It asks no database."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from services.payments.intents.domain.charges import ChargeState, charge_state
from services.payments.intents.states import FollowedCharge
from services.payments.owner.store import Day, Received, Taking
from services.payments.owner.usecases import SeenCharge, SeenDay
from shared.clock import local_date
from shared.ids import OrderId, VenueId
from shared.money import Dong, share_basis_points

PRESETS_VND = (Dong(50_000), Dong(100_000), Dong(200_000), Dong(500_000))


@dataclass(frozen=True, slots=True)
class ChargeView:
    """One charge as its page shows it; `over_vnd` came beyond the amount. is_late: for now no transfer is heard of."""

    order_id: OrderId
    venue_id: VenueId
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
    is_late: bool


@dataclass(frozen=True, slots=True)
class HomeView:
    """The owner's day; `received` is what lately came by transfer, for a page to tell what is new to it.

    is_late: for now no transfer is heard of.
    """

    today: date
    day: Day
    total_vnd: Dong
    share: int | None
    takings: list[Taking]
    received: list[Received]
    is_late: bool

    @property
    def shows(self) -> str:
        """Another text as soon as the page shows other sums or payments."""
        return hashlib.sha256(msgspec.json.encode((self.today, self.day, self.takings, self.is_late))).hexdigest()[:16]

    def live(self) -> dict[str, object]:
        """What the stream sends: whether to look at the page anew, and the money to ring for."""
        return {"shows": self.shows, "received": self.received}


def charge_view(seen: SeenCharge, now: datetime, *, is_late: bool) -> ChargeView:
    charge = seen.charge
    return ChargeView(
        order_id=charge.order_id,
        venue_id=charge.venue_id,
        state=charge_state(charge, now),
        amount_vnd=charge.amount_vnd,
        paid_vnd=charge.paid_vnd,
        due_vnd=charge.due_vnd,
        over_vnd=seen.over_vnd,
        expires_at=charge.expires_at,
        expires_in_s=max(0, (charge.expires_at - now) // timedelta(seconds=1)),
        qr_payload=charge.qr_payload,
        reference=charge.reference,
        bank_name=charge.bank_name,
        account_number=charge.account_number,
        account_name=charge.account_name,
        is_late=is_late,
    )


def charge_live(charge: FollowedCharge, now: datetime, *, is_late: bool) -> dict[str, object]:
    """What a charge's stream sends: only what can change, so that nothing is sent twice."""
    amounts = {"amount_vnd": charge.amount_vnd, "paid_vnd": charge.paid_vnd, "due_vnd": charge.due_vnd}
    return {"state": charge_state(charge, now), "over_vnd": charge.over_vnd, "is_late": is_late, **amounts}


def home_view(seen: SeenDay, *, is_late: bool) -> HomeView:
    total_vnd = Dong(seen.day.cashless_vnd + seen.day.cash_vnd)
    return HomeView(
        today=local_date(seen.now),
        day=seen.day,
        total_vnd=total_vnd,
        share=share_basis_points(seen.day.cashless_vnd, total_vnd),
        takings=seen.takings,
        received=seen.received,
        is_late=is_late,
    )
