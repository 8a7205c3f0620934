"""What was read from Kafka, as our own text and bytes. Reading it never fails, whatever a stranger put on the log."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeAlias

from aiokafka import ConsumerRecord, TopicPartition

# A header name, an identifier or a type longer than this is no one's who speaks to us.
_LONGEST_NAME = 200
_LAST_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


class Unreadable(ConsumerRecord):
    """Stands for a record that is there and cannot be decoded: all that is known of it is its place."""

    @staticmethod
    def at(partition: TopicPartition, offset: int) -> "Unreadable":
        return Unreadable(partition.topic, partition.partition, offset, 0, 0, None, None, None, -1, -1, ())


RawHeaders: TypeAlias = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Message:
    """What was read from Kafka. The topic is without our prefix; timestamp_ms and raw_headers are what a sender made.

    Of a header that stands twice, the first counts.
    """

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes
    value: bytes
    raw_headers: RawHeaders
    is_readable: bool = True

    @property
    def place(self) -> str:
        """Where it lies in the log, as people and commands name it."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def ce_id(self) -> str:
        """The event's identifier; a message without one, or with one too long to be kept, is named by its place."""
        return self._name("ce_id") or self.place

    @property
    def ce_type(self) -> str:
        return self._name("ce_type")

    @property
    def at(self) -> datetime:
        """The log's time; what lies outside of 1970 to 9998 becomes the nearest end."""
        return datetime.fromtimestamp(min(max(self.timestamp_ms, 0), _LAST_MS) / 1000, UTC)

    @property
    def headers(self) -> dict[str, str]:
        """All of them, as text that PostgreSQL can store."""
        texts: dict[str, str] = {}
        for name, value in self.raw_headers:
            texts.setdefault(_clean(name)[:_LONGEST_NAME], _text(value))
        return texts

    def header(self, wanted: str) -> str:
        """One of them, "" if there is none."""
        for name, value in self.raw_headers:
            if name == wanted:
                return _text(value)
        return ""

    def _name(self, header: str) -> str:
        text = self.header(header)
        return text if len(text) <= _LONGEST_NAME else ""

    @property
    def content(self) -> bytes:
        """16 bytes that tell messages of one identifier apart by what they say."""
        return hashlib.sha256(self.ce_type.encode() + b"\0" + self.value).digest()[:16]

    def bare(self) -> "Message":
        """Its place alone, for when the rest cannot be kept: there it can still be read with Kafka's own tools."""
        return replace(self, key=b"", value=b"", raw_headers=(), is_readable=False)

    @staticmethod
    def of(record: ConsumerRecord, prefix: str) -> "Message":
        return Message(
            topic=record.topic.removeprefix(prefix),
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp,
            key=record.key or b"",
            value=record.value or b"",
            raw_headers=record.headers,
            is_readable=not isinstance(record, Unreadable),
        )


def _text(value: bytes | None) -> str:
    return "" if value is None else _clean(value.decode(errors="replace"))


def _clean(text: str) -> str:
    """What PostgreSQL cannot store becomes U+FFFD. Decoding left no half of a pair."""
    return text if "\0" not in text else text.replace("\0", "\ufffd")
