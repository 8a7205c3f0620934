"""The topics, their partitions, how long they keep and how much a message may weigh."""

from dataclasses import dataclass

from shared.settings import SERVICES

FOREVER_MS = -1
DAYS_90_MS = 90 * 24 * 3600 * 1000
EVENT_BYTES = 1_048_588
"""Kafka's own limit of one record batch."""
# A dead letter is the original, however large, and the headers that say where it lay and why it was put aside.
DEAD_LETTER_BYTES = EVENT_BYTES + 64 * 1024
_DEAD_LETTERS = ".dead-letters"


@dataclass(frozen=True, slots=True)
class Topic:
    """A partition count is for life: keys move when it changes."""

    name: str
    partitions: int
    retention_ms: int

    @property
    def configuration(self) -> dict[str, str]:
        return {"retention.ms": str(self.retention_ms), "max.message.bytes": str(limit_bytes(self.name))}


TICKETING_EVENTS = Topic("ticketing.events", 12, FOREVER_MS)
PAYMENTS_EVENTS = Topic("payments.events", 12, FOREVER_MS)
BANK_TRANSFERS = Topic("bank.transfers", 12, DAYS_90_MS)


def dead_letters(service: str) -> Topic:
    return Topic(f"{service}{_DEAD_LETTERS}", 1, DAYS_90_MS)


def limit_bytes(topic: str) -> int:
    """What a message of this topic, with or without a prefix, may weigh with all its headers."""
    return DEAD_LETTER_BYTES if topic.endswith(_DEAD_LETTERS) else EVENT_BYTES


ALL = (TICKETING_EVENTS, PAYMENTS_EVENTS, BANK_TRANSFERS, *(dead_letters(service) for service in SERVICES))
