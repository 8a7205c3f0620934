"""Events read as facts: what an event says about one payment, refund, entry or venue. Pure; touches no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from services.analytics.stream.counted import CountedCash, CountedIntent, CountedRefund, CountedScan
from shared.errors import Poison
from shared.events import BY_TYPE
from shared.events.payments import (
    CashRecorded,
    IntentCancelled,
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
    TicketAdmitted,
    VenueChanged,
)
from shared.kafka.handler import UNREADABLE
from shared.money import Dong

TAKEN = frozenset({"settled", "recorded"})
_MAX_VERSION = 2**62


class Payment(NamedTuple):
    """An intent or a cash sale in one version, as a row of `payments` and, last, when we learned of it."""

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


class Entry(NamedTuple):
    """A scan in one version, as a row of `entries` and, last, when we learned of it."""

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
    reader = _READERS.get(kind)
    if reader is None:
        if kind in BY_TYPE:
            return None
        raise UnknownType(kind)
    body = payload or b""
    try:
        version, fact = reader(body, partition)
    except UNREADABLE as error:
        # The message names the field and the rule, never the value.
        raise Poison("broken_contract", str(error)[:200]) from error
    if version > _MAX_VERSION or b"\\u0000" in body:
        raise Poison("broken_contract", "version or text that the database cannot hold")
    return fact


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


E = TypeVar("E", bound=_Versioned)
_Reader: TypeAlias = Callable[[bytes, int], tuple[int, Fact]]


def _reader(what: type[E], fact_of: Callable[[E, int], Fact]) -> _Reader:
    """From a body and its partition to the event's version and its fact."""
    decode = msgspec.json.Decoder(what).decode

    def read_body(body: bytes, partition: int) -> tuple[int, Fact]:
        event = decode(body)
        return event.version, fact_of(event, partition)

    return read_body


def _payment(event: CountedIntent, partition: int) -> Payment:
    return _payment_of(event, event.intent_id, event.paid_vnd, partition)


def _cash(event: CountedCash, partition: int) -> Payment:
    return _payment_of(event, event.cash_id, event.amount_vnd, partition)


def _payment_of(event: CountedIntent | CountedCash, payment_id: UUID, amount_vnd: Dong, partition: int) -> Payment:
    place = event.place
    # By place: names would cost as much as decoding.
    return Payment(
        payment_id,
        event.version,
        event.status,
        amount_vnd,
        event.tender,
        place.venue_id,
        place.old_district_code,
        place.new_commune_code,
        event.business_date,
        _utc(event.occurred_at),
        event.channel,
        partition,
        _utc(event.recorded_at),
    )


def _admitted(event: CountedScan, partition: int) -> Entry:
    return _entry(event, "admitted", partition)


def _undone(event: CountedScan, partition: int) -> Entry:
    return _entry(event, "undone", partition)


def _entry(event: CountedScan, status: str, partition: int) -> Entry:
    return Entry(
        event.scan_id,
        event.version,
        status,
        event.count,
        event.place.venue_id,
        event.price_kind,
        event.business_date,
        _utc(event.occurred_at),
        event.offline,
        partition,
        _utc(event.recorded_at),
    )


def _refund(event: CountedRefund, _partition: int) -> Refund:
    return Refund(event.intent_id, event.version, event.refunded_vnd, event.place.venue_id, _utc(event.occurred_at))


def _venue(event: VenueChanged, _partition: int) -> Venue:
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


def _person(event: PersonRevoked, _partition: int) -> Revocation:
    return Revocation(event.person_id)


def _device(event: DeviceRevoked, _partition: int) -> Revocation:
    return Revocation(event.device_id)


def _ended(event: PassesEnded, _partition: int) -> Ended:
    return Ended(event.subject_id, _utc(event.not_before))


def _utc(instant: datetime) -> datetime:
    # A bank may write +07:00: the same instant must always fall into the same minute.
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


_INTENT = _reader(CountedIntent, _payment)
# What is counted, and as what; every other event of ours is passed over unread.
_READERS: Mapping[str, _Reader] = {
    IntentOpened.TYPE: _INTENT,
    PaymentPartial.TYPE: _INTENT,
    PaymentSettled.TYPE: _INTENT,
    IntentCancelled.TYPE: _INTENT,
    # A refund is a fact of its own: what was taken stays taken, at the minute it was taken.
    PaymentRefunded.TYPE: _reader(CountedRefund, _refund),
    CashRecorded.TYPE: _reader(CountedCash, _cash),
    TicketAdmitted.TYPE: _reader(CountedScan, _admitted),
    AdmissionUndone.TYPE: _reader(CountedScan, _undone),
    VenueChanged.TYPE: _reader(VenueChanged, _venue),
    PersonRevoked.TYPE: _reader(PersonRevoked, _person),
    DeviceRevoked.TYPE: _reader(DeviceRevoked, _device),
    PassesEnded.TYPE: _reader(PassesEnded, _ended),
}
