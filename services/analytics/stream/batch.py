"""A batch of records from Kafka, read into the newest fact of each thing, ready for one transaction. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from aiokafka import ConsumerRecord, TopicPartition

from services.analytics.stream.facts import Ended, Entry, Fact, Payment, Refund, Revocation, UnknownType, Venue, read
from shared.errors import Poison


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that cannot be counted; fields are named as the columns of `dead_letters`.

    `at` is the log's time rather than ours, so that a rebuild writes the same row.
    """

    topic: str
    partition: int
    log_offset: int
    at: datetime
    type: str
    reason: str
    detail: str
    ce_id: str
    key: bytes | None
    payload: bytes | None


@dataclass(frozen=True, slots=True)
class Advance:
    """One partition's move in the log, from what the database must hold to what it will hold."""

    topic: str
    partition: int
    old_offset: int
    new_offset: int
    newest_at: datetime


@dataclass(slots=True)
class Batch:
    """Newest fact of each thing; a version not newer than one already here is dropped as stale."""

    advances: list[Advance] = field(default_factory=list[Advance])
    payments: dict[UUID, Payment] = field(default_factory=dict[UUID, Payment])
    refunds: dict[tuple[UUID, int], Refund] = field(default_factory=dict[tuple[UUID, int], Refund])
    entries: dict[UUID, Entry] = field(default_factory=dict[UUID, Entry])
    venues: dict[str, Venue] = field(default_factory=dict[str, Venue])
    revoked: set[UUID] = field(default_factory=set[UUID])
    ended: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    dead: list[DeadLetter] = field(default_factory=list[DeadLetter])
    events: int = 0
    unknown: int = 0

    def add(self, record: ConsumerRecord) -> None:
        """Reads one record; what cannot be read becomes a dead letter, an unknown type is passed over."""
        self.events += 1
        kind = header_of(record, "ce_type")
        try:
            self.put(read(kind, record.value, record.partition))
        except UnknownType:
            self.unknown += 1
        except Poison as poison:
            self.dead.append(_dead(record, kind, poison))

    def put(self, fact: Fact | None) -> None:
        match fact:
            case Payment() as payment:
                _keep_newer(self.payments, payment.payment_id, payment)
            case Refund() as refund:
                self.refunds[refund.payment_id, refund.version] = refund
            case Entry() as entry:
                _keep_newer(self.entries, entry.scan_id, entry)
            case Venue() as venue:
                _keep_newer(self.venues, venue.venue_id, venue)
            case Revocation(subject_id):
                self.revoked.add(subject_id)
            case Ended(subject_id, not_before):
                self.ended[subject_id] = max(not_before, self.ended.get(subject_id, not_before))
            case None:
                pass


def batch_of(
    records: Mapping[TopicPartition, Sequence[ConsumerRecord]], positions: Mapping[tuple[str, int], int]
) -> Batch:
    """The batch of what was polled; positions are the offsets that the database holds."""
    batch = Batch()
    for part in records.values():
        if not part:
            continue
        last = part[-1]
        newest_at = datetime.fromtimestamp(max(record.timestamp for record in part) / 1000, UTC)
        batch.advances.append(
            Advance(last.topic, last.partition, positions[last.topic, last.partition], last.offset + 1, newest_at)
        )
        for record in part:
            batch.add(record)
    return batch


def header_of(record: ConsumerRecord, wanted: str) -> str:
    """A header as text that PostgreSQL can store, "" when there is none."""
    for name, value in record.headers:
        if name == wanted:
            return value.decode("ascii", "replace")[:200].replace("\0", "")
    return ""


def _dead(record: ConsumerRecord, kind: str, poison: Poison) -> DeadLetter:
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        log_offset=record.offset,
        at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        type=kind,
        reason=poison.reason,
        detail=poison.detail,
        ce_id=header_of(record, "ce_id") or f"{record.topic}/{record.partition}/{record.offset}",
        key=record.key,
        payload=record.value,
    )


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


K = TypeVar("K")
F = TypeVar("F", bound=_Versioned)


def _keep_newer(facts: dict[K, F], key: K, fact: F) -> None:
    known = facts.get(key)
    if known is None or known.version < fact.version:
        facts[key] = fact
