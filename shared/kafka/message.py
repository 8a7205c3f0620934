"""What was read from Kafka, as our own text and bytes."""

from dataclasses import dataclass

from aiokafka import ConsumerRecord


@dataclass(frozen=True, slots=True)
class Message:
    """What was read from Kafka. The topic is without our prefix; key and headers are text PostgreSQL can store."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, str]

    @property
    def ce_id(self) -> str:
        """The event's identifier; a message without one is named by its place in the log."""
        return self.headers.get("ce_id") or f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def ce_type(self) -> str:
        return self.headers.get("ce_type", "")

    @staticmethod
    def of(record: ConsumerRecord, prefix: str) -> "Message":
        return Message(
            topic=record.topic.removeprefix(prefix),
            partition=record.partition,
            offset=record.offset,
            key=_text(record.key or b""),
            value=record.value or b"",
            headers={name: _text(value) for name, value in record.headers},
        )


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace").replace("\0", "\ufffd")
