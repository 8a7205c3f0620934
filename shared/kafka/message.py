"""What was read from Kafka, as our own text and bytes. Reading it never fails, whatever a stranger put on the log."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aiokafka import ConsumerRecord, TopicPartition

# A header name, an identifier or a type longer than this is no one's who speaks to us.
_LONGEST_TEXT = 200
_LAST_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp() * 1000)


class Unreadable(ConsumerRecord):
    """Stands for a record that is there and cannot be decoded: all that is known of it is its place."""

    @staticmethod
    def at(partition: TopicPartition, offset: int) -> "Unreadable":
        return Unreadable(partition.topic, partition.partition, offset, 0, 0, None, None, None, -1, -1, ())


@dataclass(frozen=True, slots=True)
class Message:
    """What was read from Kafka. The topic is without our prefix; headers are text PostgreSQL can store.

    Of a header that stands twice, the first counts. `at` is the log's time, within the calendar of the database.
    """

    topic: str
    partition: int
    offset: int
    at: datetime
    key: bytes
    value: bytes
    headers: Mapping[str, str]
    is_readable: bool = True

    @property
    def place(self) -> str:
        """Where it lies in the log, as people and commands name it."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def ce_id(self) -> str:
        """The event's identifier; a message without one, or with one too long to be kept, is named by its place."""
        return self.headers.get("ce_id") or self.place

    @property
    def ce_type(self) -> str:
        return self.headers.get("ce_type", "")

    @property
    def content(self) -> bytes:
        """16 bytes that tell messages of one identifier apart by what they say."""
        return hashlib.sha256(self.ce_type.encode() + b"\0" + self.value).digest()[:16]

    def bare(self) -> "Message":
        """Its place alone, for when the rest cannot be kept: there it can still be read with Kafka's own tools."""
        return replace(self, key=b"", value=b"", headers={})

    @staticmethod
    def of(record: ConsumerRecord, prefix: str) -> "Message":
        return Message(
            topic=record.topic.removeprefix(prefix),
            partition=record.partition,
            offset=record.offset,
            at=instant_of(record.timestamp),
            key=record.key or b"",
            value=record.value or b"",
            headers=_texts(record.headers),
            is_readable=not isinstance(record, Unreadable),
        )


def instant_of(timestamp_ms: int) -> datetime:
    """A record's time; what lies outside of 1970 to 9998 becomes the nearest end."""
    return datetime.fromtimestamp(min(max(timestamp_ms, 0), _LAST_MS) / 1000, UTC)


def _texts(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name, value in headers:
        texts.setdefault(_clean(name)[:_LONGEST_TEXT], _clean((value or b"").decode(errors="replace")))
    for name in ("ce_id", "ce_type"):
        if len(texts.get(name, "")) > _LONGEST_TEXT:
            texts[name] = ""
    return texts


def _clean(text: str) -> str:
    """What PostgreSQL cannot store becomes U+FFFD."""
    return text.replace("\0", "\ufffd").encode(errors="replace").decode()
