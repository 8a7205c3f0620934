"""A charge: an amount that an owner asks a guest for. How much, how long, and the state an owner is shown. Pure."""

from datetime import datetime, timedelta
from typing import Literal, Protocol

from services.payments.intents.domain.intents import PricedLine
from shared.errors import DomainError
from shared.events.words import AmountState, IntentStatus
from shared.ids import ProductId, VenueId
from shared.money import Dong
from shared.qr.banks import FACE_CHECK_FROM_VND

LEAST_CHARGE_VND = Dong(2_000)
MOST_CHARGE_VND = Dong(500_000_000)
# How long a guest may pay a charge. An order's deadline is ticketing's and comes with it.
_TIME_TO_PAY = timedelta(minutes=15)
_TIME_TO_PAY_WITH_FACE_CHECK = timedelta(minutes=60)

ChargeState = Literal["waiting", "partial", "paid", "over", "expired", "cancelled"]


class AmountTooSmall(DomainError):
    """Banks refuse a transfer of less than 2,000 đồng."""

    code = "amount_too_small"


class AmountTooLarge(DomainError):
    """More than a bank app transfers in one go."""

    code = "amount_too_large"


def refuse_charge_of(amount_vnd: Dong) -> None:
    """Raises AmountTooSmall or AmountTooLarge for what no bank app transfers."""
    if amount_vnd < LEAST_CHARGE_VND:
        raise AmountTooSmall(least_vnd=LEAST_CHARGE_VND)
    if amount_vnd > MOST_CHARGE_VND:
        raise AmountTooLarge(most_vnd=MOST_CHARGE_VND)


def pay_charge_until(opened_at: datetime, amount_vnd: Dong) -> datetime:
    """The last instant that counts as on time."""
    return opened_at + (_TIME_TO_PAY_WITH_FACE_CHECK if amount_vnd >= FACE_CHECK_FROM_VND else _TIME_TO_PAY)


def amount_line(venue_id: VenueId, amount_vnd: Dong) -> PricedLine:
    """An amount without a product: an owner's charge or a cash sale."""
    return PricedLine(
        venue_id=venue_id,
        product_id=ProductId("open-amount"),
        category="any",
        count=1,
        unit_price_vnd=amount_vnd,
        price_kind="service_price",
        tariff_version="owner",
    )


class Charge(Protocol):
    """A charge, or what is followed of one."""

    @property
    def status(self) -> IntentStatus: ...

    @property
    def amount_state(self) -> AmountState: ...

    @property
    def paid_vnd(self) -> Dong: ...

    def is_expired(self, at: datetime) -> bool: ...


def charge_state(charge: Charge, now: datetime) -> ChargeState:
    """What an owner is told. Nobody but the clock ends a charge, so its row stays open after the deadline."""
    match charge.status:
        case "settled":
            return "over" if charge.amount_state == "over" else "paid"
        case "cancelled" | "expired":
            return charge.status
        case "open" | "partial":
            if charge.paid_vnd > 0:
                return "partial"
            return "expired" if charge.is_expired(now) else "waiting"
