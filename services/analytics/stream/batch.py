"""A batch of records, read into the newest fact of each thing, ready for one transaction. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

from aiokafka import ConsumerRecord, TopicPartition

from services.analytics.stream.facts import Ended, Entry, Fact, Payment, Refund, Revocation, UnknownType, Venue, read
from shared.errors import Poison
from shared.events import BY_TYPE
from shared.kafka.dead_letters import letter_of
from shared.kafka.faults import Fault, fault_of
from shared.kafka.handler import Money
from shared.kafka.message import Message
from shared.unit.dead_letters import DeadLetter

Partition: TypeAlias = tuple[str, int]  # topic as Kafka calls it, and number
Positions: TypeAlias = dict[Partition, int]
_KIND_OF: Mapping[bytes, str] = {kind.encode(): kind for kind in BY_TYPE}


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll gave; a partition may have no records. prefix: what our topics' names begin with in Kafka."""

    records: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    prefix: str

    def each_alone(self) -> Iterator["Polled"]:
        """The same, one record at a time."""
        for partition, records in self.records.items():
            for record in records:
                yield Polled({partition: [record]}, self.prefix)

    def message(self, record: ConsumerRecord) -> Message:
        """One of them as the rest of the system knows it. It costs as much as to count it: made of what is odd only."""
        return Message.of(record, self.prefix)


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
    """Newest fact of each thing; a version not newer than one already here is dropped as stale.

    Payments, refunds and scans are keyed by their id's number: a UUID is hashed and compared in Python, a number in C.
    """

    advances: list[Advance] = field(default_factory=list[Advance])
    payments: dict[int, Payment] = field(default_factory=dict[int, Payment])
    refunds: dict[tuple[int, int], Refund] = field(default_factory=dict[tuple[int, int], Refund])
    entries: dict[int, Entry] = field(default_factory=dict[int, Entry])
    venues: dict[str, Venue] = field(default_factory=dict[str, Venue])
    revoked: set[UUID] = field(default_factory=set[UUID])
    ended: dict[UUID, datetime] = field(default_factory=dict[UUID, datetime])
    faults: list[tuple[Message, Fault]] = field(default_factory=list[tuple[Message, Fault]])
    events: int = 0
    unknown: int = 0

    def add(self, polled: Polled) -> None:
        """Reads what was polled; what cannot be read becomes a dead letter, an unknown type is passed over."""
        for records in polled.records.values():
            self.events += len(records)
            for record in records:
                try:
                    self.put(read(_kind_of(record, polled), record.value, record.partition))
                except UnknownType:
                    self.unknown += 1
                except Poison as poison:
                    self.faults.append((polled.message(record), fault_of(poison)))

    def dead_letters(self, now: datetime) -> list[DeadLetter]:
        """What is put aside now. The log's time is what a sender says: it may hide a letter or end its body's term."""
        return [letter_of(message, fault, now, Money()) for message, fault in self.faults]

    def put(self, fact: Fact | None) -> None:
        match fact:
            case Payment() as payment:
                _keep_newer(self.payments, payment.payment_id.int, payment)
            case Refund() as refund:
                self.refunds[refund.payment_id.int, refund.version] = refund
            case Entry() as entry:
                _keep_newer(self.entries, entry.scan_id.int, entry)
            case Venue() as venue:
                _keep_newer(self.venues, venue.venue_id, venue)
            case Revocation(subject_id):
                self.revoked.add(subject_id)
            case Ended(subject_id, not_before):
                self.ended[subject_id] = max(not_before, self.ended.get(subject_id, not_before))
            case None:
                pass


def batch_of(polled: Polled, positions: Positions) -> Batch:
    """The batch of what was polled; positions are the offsets that the database holds."""
    batch = Batch()
    for partition, records in polled.records.items():
        if records:
            newest = polled.message(max(records, key=attrgetter("timestamp")))
            batch.advances.append(_advance(partition, records[-1].offset, newest.at, positions))
    batch.add(polled)
    return batch


def batch_without(partition: Partition, message: Message, fault: Fault, positions: Positions) -> Batch:
    """The batch that passes over one message and puts it aside."""
    advance = _advance(partition, message.offset, message.at, positions)
    return Batch([advance], faults=[(message, fault)], events=1)


def _kind_of(record: ConsumerRecord, polled: Polled) -> str:
    for name, value in record.headers:
        if name == "ce_type":
            kind = _KIND_OF.get(value or b"")
            if kind is not None:
                return kind
            break
    message = polled.message(record)
    if not message.is_readable:
        raise Poison("unreadable")
    return message.ce_type


def _advance(partition: Partition, last_offset: int, newest_at: datetime, positions: Positions) -> Advance:
    topic, number = partition
    return Advance(topic, number, positions[partition], last_offset + 1, newest_at)


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


K = TypeVar("K")
F = TypeVar("F", bound=_Versioned)


def _keep_newer(facts: dict[K, F], key: K, fact: F) -> None:
    known = facts.get(key)
    if known is None or known.version < fact.version:
        facts[key] = fact
