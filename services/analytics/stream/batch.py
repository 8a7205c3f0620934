"""A batch of messages, read into the newest fact of each thing, ready for one transaction. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

from services.analytics.stream.facts import Ended, Entry, Fact, Payment, Refund, Revocation, UnknownType, Venue, read
from shared.errors import Poison
from shared.kafka.dead_letters import letter_of
from shared.kafka.faults import Fault, fault_of
from shared.kafka.handler import Money
from shared.kafka.message import Message
from shared.unit.dead_letters import DeadLetter

# By topic as Kafka calls it, and number. A partition may have no messages.
Polled: TypeAlias = Mapping[tuple[str, int], Sequence[Message]]
Positions: TypeAlias = dict[tuple[str, int], int]


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
    faults: list[tuple[Message, Fault]] = field(default_factory=list[tuple[Message, Fault]])
    events: int = 0
    unknown: int = 0

    def add(self, message: Message) -> None:
        """Reads one message; what cannot be read becomes a dead letter, an unknown type is passed over."""
        self.events += 1
        try:
            if not message.is_readable:
                raise Poison("unreadable")
            self.put(read(message.ce_type, message.value, message.partition))
        except UnknownType:
            self.unknown += 1
        except Poison as poison:
            self.faults.append((message, fault_of(poison)))

    def dead_letters(self, now: datetime) -> list[DeadLetter]:
        """What is put aside now. The log's time is what a sender says: it may hide a letter or end its body's term."""
        return [letter_of(message, fault, now, Money()) for message, fault in self.faults]

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


def batch_of(polled: Polled, positions: Positions) -> Batch:
    """The batch of what was polled; positions are the offsets that the database holds."""
    batch = Batch()
    for partition, messages in polled.items():
        if messages:
            batch.advances.append(_advance(partition, messages, positions))
        for message in messages:
            batch.add(message)
    return batch


def batch_without(partition: tuple[str, int], message: Message, fault: Fault, positions: Positions) -> Batch:
    """The batch that passes over one message and puts it aside."""
    return Batch([_advance(partition, [message], positions)], faults=[(message, fault)], events=1)


def _advance(partition: tuple[str, int], messages: Sequence[Message], positions: Positions) -> Advance:
    topic, number = partition
    newest_at = max(messages, key=attrgetter("timestamp_ms")).at
    return Advance(topic, number, positions[partition], messages[-1].offset + 1, newest_at)


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


K = TypeVar("K")
F = TypeVar("F", bound=_Versioned)


def _keep_newer(facts: dict[K, F], key: K, fact: F) -> None:
    known = facts.get(key)
    if known is None or known.version < fact.version:
        facts[key] = fact
