"""Events read as facts: what an event says about one payment, refund, entry or venue. Pure; touches no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from shared.errors import Poison
from shared.events import BY_TYPE
from shared.events.common import Event
from shared.events.payments import (
    CashRecorded,
    IntentCancelled,
    IntentEvent,
    IntentOpened,
    PaymentPartial,
    PaymentRefunded,
    PaymentSettled,
)
from shared.events.ticketing import (
    AdmissionUndone,
    DeviceRevoked,
    PassesEnded,
    PersonRevoked,
    ScanEvent,
    TicketAdmitted,
    VenueChanged,
)
from shared.kafka.handler import UNREADABLE
from shared.money import Dong

TAKEN = frozenset({"settled", "recorded"})
_MAX_VERSION = 2**62
_DECODERS: Mapping[str, msgspec.json.Decoder[Event]] = {
    kind: msgspec.json.Decoder(event) for kind, event in BY_TYPE.items()
}


@dataclass(frozen=True, slots=True)
class Payment:
    """An intent or a cash sale in one version; fields are named as the columns of `payments`."""

    payment_id: UUID
    version: int
    status: str
    amount_vnd: Dong
    tender: str
    venue_id: str
    old_district_code: str
    new_commune_code: str
    business_date: date
    occurred_at: datetime
    channel: str
    partition: int
    recorded_at: datetime

    @property
    def is_taken(self) -> bool:
        return self.status in TAKEN


@dataclass(frozen=True, slots=True)
class Entry:
    """A scan in one version; fields are named as the columns of `entries`."""

    scan_id: UUID
    version: int
    status: str
    people: int
    venue_id: str
    price_kind: str
    business_date: date
    occurred_at: datetime
    offline: bool
    partition: int
    recorded_at: datetime

    @property
    def is_inside(self) -> bool:
        return self.status == "admitted"


@dataclass(frozen=True, slots=True)
class Refund:
    """What went back to a payer in all, as of one version; fields are named as the columns of `refunds`."""

    payment_id: UUID
    version: int
    refunded_vnd: Dong
    venue_id: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue in one version; fields are named as the columns of `venues`."""

    venue_id: str
    version: int
    name_vi: str
    name_en: str
    kind: str
    old_district_code: str
    new_commune_code: str
    on_sale: bool


@dataclass(frozen=True, slots=True)
class Revocation:
    """A person or device whose passes are no longer honoured."""

    subject_id: UUID


@dataclass(frozen=True, slots=True)
class Ended:
    """A person, device or session whose passes from before an instant are no longer honoured."""

    subject_id: UUID
    not_before: datetime


Fact: TypeAlias = Payment | Entry | Refund | Venue | Revocation | Ended


class UnknownType(Exception):
    """The event's type is not of this version's contracts; it is passed over."""


def read(kind: str, payload: bytes | None, partition: int) -> Fact | None:
    """The fact in a record, None if it is about nothing we count; raises UnknownType or Poison."""
    if not kind:
        raise Poison("missing_type")
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise UnknownType(kind)
    try:
        event = decoder.decode(payload or b"")
        fact = _fact_of(event, partition)
    except UNREADABLE as error:
        # The message names the field and the rule, never the value.
        raise Poison("broken_contract", str(error)[:200]) from error
    if event.version > _MAX_VERSION or b"\\u0000" in (payload or b""):
        raise Poison("broken_contract", "version or text that the database cannot hold")
    return fact


def _fact_of(event: Event, partition: int) -> Fact | None:
    fact: Fact | None = None
    match event:
        # A refund is a fact of its own: what was taken stays taken, at the minute it was taken.
        case PaymentRefunded():
            fact = _refund(event)
        case IntentOpened() | PaymentPartial() | PaymentSettled() | IntentCancelled():
            fact = _payment(event, event.intent_id, event.paid_vnd, partition)
        case CashRecorded():
            fact = _payment(event, event.cash_id, event.amount_vnd, partition)
        case TicketAdmitted() | AdmissionUndone():
            fact = _entry(event, partition)
        case VenueChanged():
            fact = _venue(event)
        case PersonRevoked():
            fact = Revocation(event.person_id)
        case DeviceRevoked():
            fact = Revocation(event.device_id)
        case PassesEnded():
            fact = Ended(event.subject_id, _utc(event.not_before))
        case _:
            pass
    return fact


def _refund(event: PaymentRefunded) -> Refund:
    return Refund(event.intent_id, event.version, event.refunded_vnd, event.place.venue_id, _utc(event.occurred_at))


def _payment(event: IntentEvent | CashRecorded, payment_id: UUID, amount_vnd: Dong, partition: int) -> Payment:
    return Payment(
        payment_id=payment_id,
        version=event.version,
        status=event.status,
        amount_vnd=amount_vnd,
        tender=event.tender,
        venue_id=event.place.venue_id,
        old_district_code=event.place.old_district_code,
        new_commune_code=event.place.new_commune_code,
        business_date=event.business_date,
        occurred_at=_utc(event.occurred_at),
        channel=event.channel,
        partition=partition,
        recorded_at=_utc(event.recorded_at),
    )


def _entry(event: ScanEvent, partition: int) -> Entry:
    return Entry(
        scan_id=event.scan_id,
        version=event.version,
        status="undone" if isinstance(event, AdmissionUndone) else "admitted",
        people=event.count,
        venue_id=event.place.venue_id,
        price_kind=event.price_kind,
        business_date=event.business_date,
        occurred_at=_utc(event.occurred_at),
        offline=event.offline,
        partition=partition,
        recorded_at=_utc(event.recorded_at),
    )


def _venue(event: VenueChanged) -> Venue:
    return Venue(
        venue_id=event.venue_id,
        version=event.version,
        name_vi=event.name_vi,
        name_en=event.name_en,
        kind=event.kind,
        old_district_code=event.old_district_code,
        new_commune_code=event.new_commune_code,
        on_sale=event.on_sale,
    )


def _utc(instant: datetime) -> datetime:
    # A bank may write +07:00: the same instant must always fall into the same minute.
    return instant.astimezone(UTC)
