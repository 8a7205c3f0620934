"""What is decoded of each event: the fields that are counted, each checked as in its contract. The rest is passed over.

So an event says what it took even where something that nobody counts is broken. Pure.
"""

from datetime import date

from msgspec import Struct

from shared.events.common import At, Count, Place, Version, Vnd
from shared.events.words import CashStatus, Channel, IntentStatus, PriceKind, Tender
from shared.ids import CashId, IntentId, ScanId


# Hundreds of thousands live for a moment and none can be part of a cycle: Python need not look for one.
class Counted(Struct, frozen=True, kw_only=True, gc=False):
    """What every event says."""

    version: Version
    occurred_at: At
    recorded_at: At


class CountedIntent(Counted, frozen=True, kw_only=True, gc=False):
    """Of an intent: what was allocated of it so far."""

    intent_id: IntentId
    place: Place
    status: IntentStatus
    paid_vnd: Vnd
    channel: Channel
    tender: Tender
    business_date: date


class CountedRefund(Counted, frozen=True, kw_only=True, gc=False):
    """Of a refund: what went back in all."""

    intent_id: IntentId
    place: Place
    refunded_vnd: Vnd


class CountedCash(Counted, frozen=True, kw_only=True, gc=False):
    """Of a cash sale: what was taken, or taken back."""

    cash_id: CashId
    place: Place
    status: CashStatus
    amount_vnd: Vnd
    channel: Channel
    tender: Tender
    business_date: date


class CountedScan(Counted, frozen=True, kw_only=True, gc=False):
    """Of a scan: how many people entered by it."""

    scan_id: ScanId
    place: Place
    price_kind: PriceKind
    business_date: date
    count: Count
    offline: bool
