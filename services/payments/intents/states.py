"""Charges as their open pages follow them: what changes while a guest pays, and no account and no code to pay by."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from services.payments.intents.domain.intents import Intent
from shared.events.words import AmountState, IntentStatus
from shared.ids import OrderId
from shared.money import ZERO, Dong
from shared.unit.changes import Snapshot, Watched
from shared.unit.tx import Tx


@dataclass(frozen=True, slots=True)
class FollowedCharge:
    """over_vnd came beyond the amount."""

    status: IntentStatus
    amount_state: AmountState
    amount_vnd: Dong
    paid_vnd: Dong
    over_vnd: Dong
    expires_at: datetime

    @property
    def due_vnd(self) -> Dong:
        return Dong(self.amount_vnd - self.paid_vnd)

    def is_expired(self, at: datetime) -> bool:
        """As of an intent."""
        return at > self.expires_at


def watched_charge(order_id: OrderId) -> Watched:
    return ("charge", str(order_id))


def charge_snapshot(charge: Intent, over_vnd: Dong) -> Snapshot:
    followed = FollowedCharge(
        charge.status, charge.amount_state, charge.amount_vnd, charge.paid_vnd, over_vnd, charge.expires_at
    )
    return Snapshot(charge.version, msgspec.json.encode(followed))


def read_charge(snapshot: Snapshot) -> FollowedCharge:
    return msgspec.json.decode(snapshot.state, type=FollowedCharge)


def touch_paid(tx: Tx, charge: Intent) -> None:
    """Tells who watches a charge what a payment made of it; one that came beyond it is told of without a state."""
    tx.touch(*watched_charge(charge.order_id), charge_snapshot(charge, ZERO))
